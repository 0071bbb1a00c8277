import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = new URL('../..', import.meta.url).pathname

it('TypeDoc makes pages of the docstrings without a warning', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(`${tmpdir()}/docs-`)
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [`${root}test/api/documentation.ts`, folder])
    expect(stdout + stderr).toBe('')
    expect(existsSync(`${folder}/index.html`)).toBe(true)
    expect(existsSync(`${folder}/interfaces/src.WalletConnect.html`)).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

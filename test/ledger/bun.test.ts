import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { SEALING_KEYS } from '../support/ledger/sealing-keys.ts'

const root = new URL('../..', import.meta.url).pathname

it('the ledger settles a lost charge over the SQLite of Bun', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wallet-connect-bun-'))
  const outfile = join(folder, 'program.mjs')
  try {
    await build({
      entryPoints: [`${root}test/support/ledger/bun-process.ts`],
      outfile,
      bundle: true,
      format: 'esm',
      external: ['bun:sqlite'],
      alias: {
        'mercadopago-wallet-connect/ledger': `${root}src/ledger/index.ts`,
        'mercadopago-wallet-connect/emulator': `${root}src/emulator/index.ts`,
        'mercadopago-wallet-connect': `${root}src/index.ts`,
      },
      logLevel: 'error',
    })
    const { stdout } = await promisify(execFile)(`${root}node_modules/.bin/bun`, [outfile, SEALING_KEYS])
    expect(stdout).toBe('unknown {"looked":1,"settled":1,"delivered":0} done 1')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

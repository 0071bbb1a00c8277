import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { readConfiguration } from '../../playground/configuration/configuration.ts'
import { gzippedSize } from '../support/proxy/bundle.ts'

const root = new URL('../..', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'deployment-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a command prints; rejects with it if it fails. */
async function run(program: string, args: string[], cwd: string): Promise<string> {
  const env = { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}`, WRANGLER_SEND_METRICS: 'false', CI: '1' }
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env })
  return stdout + stderr
}
const makeSecrets = (...args: string[]): Promise<string> => run('node', [`${root}playground/start/secrets.ts`, ...args], folder)

describe('npm run secrets', () => {
  it('makes secrets that the Worker takes, once the two of Mercado Pago are filled in', async () => {
    const printed = await makeSecrets('https://shop.example', 'https://shop.example/linked')
    const key = /^wck_[\w-]{43}$/m.exec(printed)?.[0] ?? ''
    const file = join(folder, 'secrets.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const secrets = JSON.parse(readFileSync(file, 'utf8'))
    expect(JSON.stringify(secrets)).not.toContain(key)
    const rest = { LEDGER_SHARDS: '4', UNSIGNED_NOTIFICATIONS: 'hint' }
    expect(() => readConfiguration({ ...secrets, ...rest })).toThrow(
      'MERCADOPAGO_ACCESS_TOKEN is not set; WEBHOOK_SECRETS is not set',
    )
    const filled = { ...secrets, ...rest, MERCADOPAGO_ACCESS_TOKEN: 'APP_USR-1', WEBHOOK_SECRETS: 'of-the-dashboard' }
    expect(readConfiguration(filled).clients.all).toMatchObject([{ id: 'shop', operator: true }])
    await expect(makeSecrets('https://shop.example', 'https://shop.example/linked')).rejects.toThrow('move it away first')
  })

  it.each([
    [[], 'Usage'],
    [['https://shop.example'], 'Usage'],
    [['shop.example', 'https://shop.example/linked'], 'begin with https://'],
    [['https://shop.example/x', 'https://shop.example/linked'], 'is not an origin: use https://shop.example'],
    [['https://shop.example', 'linked'], 'linked is not an address'],
  ])('refuses %j, and says why', async (args, why) => {
    await expect(makeSecrets(...args)).rejects.toThrow(why)
  })
})

describe('wrangler.toml', () => {
  it('is what env.d.ts was made of', { timeout: 60_000 }, async () => {
    const args = ['types', join(folder, 'env.d.ts'), '--include-runtime=false', '--strict-vars=false', '--env=']
    await run('wrangler', args, root)
    const withoutHeader = (path: string): string => readFileSync(path, 'utf8').replace(/^\/\/ Generated.*$/m, '')
    // Paths lead from where the file lies.
    const made = withoutHeader(join(folder, 'env.d.ts')).replace(/import\("[^"]*\/worker"\)/g, 'import("./worker")')
    expect(withoutHeader(`${root}playground/env.d.ts`)).toBe(made)
  })
})

describe('the Worker', () => {
  it('is at most 120 kB, gzipped', async () => {
    expect(await gzippedSize()).toBeLessThan(120_000)
  })
})

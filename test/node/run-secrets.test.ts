import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { unstable_getVarsForDev as getVarsForDev, unstable_readConfig as readConfig } from 'wrangler'
import { keepRunSecrets, makeRunSecrets } from '../../playground/start/run-secrets.ts'
import { environmentWith, isRealToken, readVariables, VARIABLES } from '../../playground/start/variables.ts'

const root = new URL('../..', import.meta.url).pathname
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-secrets-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

describe('keepRunSecrets', () => {
  /** There is none yet. */
  const LEDGER = '/nowhere/state'
  const fileWith = (text: string): string => {
    const file = join(folder, '.wrangler', 'secrets.json')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }

  it('makes secrets once, for the owner alone, and reads them from then on', () => {
    const file = join(folder, '.wrangler', 'secrets.json')
    const secrets = keepRunSecrets(file, LEDGER)
    const text = readFileSync(file, 'utf8')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(keepRunSecrets(file, LEDGER)).toEqual(secrets)
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(keepRunSecrets(join(folder, 'other.json'), LEDGER)).not.toEqual(secrets)
  })

  it('makes no new secrets for a ledger that was begun with others', () => {
    const file = join(folder, '.wrangler', 'secrets.json')
    const ledger = join(folder, '.wrangler', 'state')
    const secrets = keepRunSecrets(file, ledger)
    mkdirSync(ledger)
    expect(keepRunSecrets(file, ledger)).toEqual(secrets)
    rmSync(file)
    expect(() => keepRunSecrets(file, ledger)).toThrow(`${file} is gone, and the ledger in ${ledger} needs its keys`)
  })

  it('reads a file whose keys were rotated by hand', () => {
    const key = (id: string): string => makeRunSecrets().SEALING_KEYS.replace(/^k1/, id)
    const secrets = { ...makeRunSecrets(), SEALING_KEYS: `${key('k2')} ${key('k1')}` }
    expect(keepRunSecrets(fileWith(JSON.stringify(secrets)), LEDGER)).toEqual(secrets)
  })

  it.each([
    ['an empty file', '', 'it is not JSON'],
    ['a file that was cut off', JSON.stringify(makeRunSecrets()).slice(0, -9), 'it is not JSON'],
    ['null', 'null', 'CLIENT_KEY is missing'],
    ['a list', '[]', 'CLIENT_KEY is missing'],
    ['an empty client key', JSON.stringify({ ...makeRunSecrets(), CLIENT_KEY: ' ' }), 'CLIENT_KEY is missing'],
    ['a missing key', JSON.stringify({ ...makeRunSecrets(), SEALING_KEYS: undefined }), 'SEALING_KEYS is missing'],
    ['a key that is too short', JSON.stringify({ ...makeRunSecrets(), TICKET_KEYS: 'k1:AAAA' }), 'TICKET_KEYS: the key k1 must'],
    ['a key that is not base64', JSON.stringify({ ...makeRunSecrets(), TICKET_KEYS: 'k1:AAAAA' }), 'a key in it is not base64'],
  ])('refuses %s without changing or quoting it', (_, text, why) => {
    const file = fileWith(text)
    expect(() => keepRunSecrets(file, LEDGER)).toThrow(`${file} is damaged: `)
    expect(() => keepRunSecrets(file, LEDGER)).toThrow(why)
    expect(() => keepRunSecrets(file, LEDGER)).not.toThrow(/wck_|AAAA/)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it.skipIf(process.platform === 'win32').each(['640', '604', '620', '666'])('refuses a file of mode %s', (octal) => {
    const mode = Number.parseInt(octal, 8)
    const file = fileWith(JSON.stringify(makeRunSecrets()))
    chmodSync(file, mode)
    expect(() => keepRunSecrets(file, LEDGER)).toThrow(`run \`chmod 600 ${file}\``)
    expect(statSync(file).mode & 0o777).toBe(mode)
  })
})

describe('readVariables', () => {
  const read = (text: string): ReturnType<typeof readVariables> => {
    const file = join(folder, '.dev.vars')
    writeFileSync(file, text)
    return readVariables(file)
  }

  it('reads nothing where there is no file', () => {
    expect(readVariables(join(folder, '.dev.vars'))).toEqual({})
  })

  it('takes a variable without a value as missing, and leaves out what the Worker does not read', () => {
    expect(read('CLIENTS=\nTICKET_KEYS=""\nSEALING_KEYS= # later\nNODE_OPTIONS=--x\nORIGIN=http://localhost:1')).toEqual({
      ORIGIN: 'http://localhost:1',
    })
  })

  it.each([
    ['MERCADOPAGO_ACCESS_TOKEN=APP_USR-1', true],
    ['export MERCADOPAGO_ACCESS_TOKEN = "APP_USR-1"', true],
    ['MERCADOPAGO_ACCESS_TOKEN=TEST-emulator', false],
    ['# MERCADOPAGO_ACCESS_TOKEN=APP_USR-1', false],
    ['MERCADOPAGO_ACCESS_TOKEN=""', false],
  ])('finds in %j whether Mercado Pago itself is meant', (text, isReal) => {
    expect(isRealToken(read(text))).toBe(isReal)
  })

  it('reads values as wrangler does', () => {
    const text = `CLIENTS='[{"id":"shop"}]'\nWEBHOOK_SECRETS=a b # two\nORIGIN="http://localhost:1"\nTICKET_KEYS=k1:A+/=\n`
    const file = join(folder, '.dev.vars')
    writeFileSync(file, text)
    const bindings = getVarsForDev(join(folder, 'wrangler.toml'), undefined, {}, 'dev', true, undefined)
    const values = Object.entries(bindings).map(([name, { value }]) => [name, value])
    expect(readVariables(file)).toEqual(Object.fromEntries(values))
  })
})

describe('environmentWith', () => {
  const { vars } = readConfig({ config: join(root, 'wrangler.toml'), env: 'dev' })

  it('knows every variable that wrangler.toml declares', () => {
    expect([...VARIABLES].sort()).toEqual(Object.keys(vars).sort())
  })

  it('passes on the environment, but no variable of the Worker that was not given', () => {
    vi.stubEnv('MERCADOPAGO_ACCESS_TOKEN', 'APP_USR-of-the-shell')
    vi.stubEnv('CLIENTS', '[]')
    const { PATH, MERCADOPAGO_ACCESS_TOKEN, CLIENTS } = environmentWith({ CLIENTS: '[{}]' })
    expect({ PATH, MERCADOPAGO_ACCESS_TOKEN, CLIENTS }).toEqual({ PATH: process.env.PATH, CLIENTS: '[{}]' })
  })

  it.each(['$HOME', 'a\\$b', `\${PATH:-x}`, `'"\` # =`, 'a\nb', ' '])(
    'brings %j through wrangler unchanged, past .dev.vars',
    (value) => {
      writeFileSync(join(folder, '.dev.vars'), 'WEBHOOK_SECRETS=of-the-file\nCLIENTS=of-the-file')
      writeFileSync(join(folder, 'none.env'), '')
      for (const [name, text] of Object.entries(environmentWith({ WEBHOOK_SECRETS: value }))) vi.stubEnv(name, text)
      const bindings = getVarsForDev(join(folder, 'wrangler.toml'), [join(folder, 'none.env')], vars, 'dev', true, {
        required: [],
      })
      expect(bindings).toMatchObject({ WEBHOOK_SECRETS: { value }, CLIENTS: { value: '' } })
    },
  )
})

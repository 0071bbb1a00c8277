import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readKeyRing } from '../sealing/key-ring.ts'
import { makeClientKey, makeNamedKey } from './secrets.ts'

const NAMES = ['CLIENT_KEY', 'TICKET_KEYS', 'SEALING_KEYS', 'WEBHOOK_SECRETS'] as const

/** The secrets that `npm start` makes itself. `CLIENT_KEY` is the key in clear of the only client. */
export type RunSecrets = Record<(typeof NAMES)[number], string>

export const makeRunSecrets = (): RunSecrets => ({
  CLIENT_KEY: makeClientKey(),
  TICKET_KEYS: makeNamedKey(),
  SEALING_KEYS: makeNamedKey(),
  WEBHOOK_SECRETS: randomBytes(32).toString('hex'),
})

/**
 * The secrets in the file, which is made if it is missing, and never changed: a ledger that outlives a run can settle its
 * unknown payments and open its handles only with the keys that it was begun with.
 *
 * @param ledger the folder of that ledger
 * @throws {TypeError} others can read the file, it is malformed, or it is gone although there is a ledger
 */
export function keepRunSecrets(file: string, ledger: string): RunSecrets {
  if (existsSync(ledger) && !existsSync(file)) {
    throw new TypeError(
      `${file} is gone, and the ledger in ${ledger} needs its keys: restore it, or move the ledger away if nothing in it is open.`,
    )
  }
  mkdirSync(dirname(file), { recursive: true })
  try {
    writeFileSync(file, `${JSON.stringify(makeRunSecrets(), null, 2)}\n`, { flag: 'wx', mode: 0o600, flush: true })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return parse(file, readPrivate(file))
}

function readPrivate(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    // Windows has no such bits.
    if (process.platform !== 'win32' && fstatSync(descriptor).mode & 0o077) {
      throw new TypeError(`Other users of this machine can open ${file}, which holds secrets: run \`chmod 600 ${file}\`.`)
    }
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

function parse(file: string, text: string): RunSecrets {
  try {
    const json: unknown = JSON.parse(text)
    const secrets = Object.fromEntries(NAMES.map((name) => [name, textIn(json, name)])) as RunSecrets
    readKeyRing('TICKET_KEYS', secrets.TICKET_KEYS)
    readKeyRing('SEALING_KEYS', secrets.SEALING_KEYS)
    return secrets
  } catch (error) {
    // The message of a SyntaxError quotes the file.
    const reason = error instanceof TypeError ? error.message : 'it is not JSON, or a key in it is not base64'
    throw new TypeError(
      `${file} is damaged: ${reason}. Restore it, or move it away together with the ledger beside it, whose payments need its keys.`,
    )
  }
}

function textIn(json: unknown, name: string): string {
  const value = typeof json === 'object' && json !== null ? Object.getOwnPropertyDescriptor(json, name)?.value : undefined
  if (typeof value === 'string' && /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(value)) return value
  throw new TypeError(`${name} is missing`)
}

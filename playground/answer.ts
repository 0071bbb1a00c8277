import { type OperationName, operations } from 'mercadopago-wallet-connect'
import type * as v from 'valibot'
import type { Answer } from './ledger.ts'

/** Shorter ones are no secrets, and would take letters out of words. */
const LEAST_SECRET = 8

/**
 * The answer to a caller, rebuilt from the fields that are documented. What a known field says back of our secrets
 * stays here.
 */
export function answerOf(operation: OperationName, data: unknown, secrets: readonly string[]): Answer {
  const { output, ...rest } = operations[operation]
  const status = 'createdStatus' in rest ? rest.createdStatus : 200
  const known = project(output, data)
  return { status, body: known === undefined ? '' : redact(JSON.stringify(known), secrets) }
}

export function redact(text: string, secrets: readonly string[]): string {
  const isSecret = (secret: string): boolean => secret.length >= LEAST_SECRET && !/^\d+$/.test(secret)
  // As they stand in JSON, where quotes and backslashes are escaped.
  return secrets
    .filter(isSecret)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
    .reduce((safe, secret) => safe.replaceAll(secret, '[redacted]'), text)
}

/** The parts of a schema that say where values lie. */
interface Shape {
  type: string
  entries?: Record<string, Shape>
  item?: Shape
  wrapped?: Shape
  options?: Shape[]
  pipe?: (Shape & { kind: string })[]
}

/** What the schema knows of a value. A place for text or a number holds nothing else. */
function project(schema: v.GenericSchema, value: unknown): unknown {
  return keep(schema as unknown as Shape, value)
}

function keep(shape: Shape, value: unknown): unknown {
  // Of a pipe, the last schema says how the value came out.
  const last = shape.pipe?.findLast(({ kind }) => kind === 'schema')
  if (last) return keep(last, value)
  if (shape.wrapped) return value === null || value === undefined ? value : keep(shape.wrapped, value)
  if (shape.options) return keepOption(shape.options, value)
  if (shape.item) {
    const { item } = shape
    return Array.isArray(value) ? value.map((each) => keep(item, each)) : undefined
  }
  if (shape.entries) return keepEntries(shape.entries, value)
  return typeof value === 'object' && value !== null ? undefined : value
}

function keepEntries(entries: Record<string, Shape>, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const fields = value as Record<string, unknown>
  const known = Object.entries(entries).filter(([name]) => Object.hasOwn(fields, name))
  return Object.fromEntries(known.map(([name, shape]) => [name, keep(shape, fields[name])]))
}

function keepOption(options: readonly Shape[], value: unknown): unknown {
  const fits = options.map((option) => keep(option, value))
  return fits.find((kept) => kept !== undefined)
}

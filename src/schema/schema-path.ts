import type * as v from 'valibot'

/** The properties of a valibot schema that lead to the schemas inside it. */
interface Shape {
  kind?: string
  type?: string
  entries?: Record<string, Shape>
  item?: Shape
  wrapped?: Shape
  pipe?: readonly Shape[]
  getter?: (input: unknown) => Shape
}

/** The properties of valibot's path items that are needed to follow them. */
type Path = readonly { key: unknown; value: unknown }[]

/** The keys that the object schema at `path` declares. */
export function knownKeys(schema: v.GenericSchema, input: unknown, path: Path): string[] {
  const [innermost] = schemasAlong(schema as Shape, input, path).slice(-1)
  return Object.keys(innermost?.entries ?? {})
}

/** True if no schema along `path` is optional: the resource cannot be used without this field. */
export function isEssential(schema: v.GenericSchema, input: unknown, path: Path): boolean {
  return schemasAlong(schema as Shape, input, path).every(({ type }) => type !== 'optional' && type !== 'nullish')
}

/** Every schema along `path`, wrappers included, outermost first; stops at a key that no schema declares. */
function schemasAlong(root: Shape, input: unknown, path: Path): Shape[] {
  const met = unwrap(root, input)
  for (const { key, value } of path) {
    const container = met.at(-1)
    const next = container?.entries?.[String(key)] ?? container?.item
    if (!next) break
    met.push(...unwrap(next, value))
  }
  return met
}

function unwrap(schema: Shape, value: unknown): Shape[] {
  const lastOfPipe = schema.pipe?.findLast(({ kind }) => kind === 'schema')
  const inner = schema.wrapped ?? schema.getter?.(value) ?? (lastOfPipe?.pipe ? undefined : lastOfPipe)
  return inner && inner !== schema ? [schema, ...unwrap(inner, value)] : [schema]
}

import type * as v from 'valibot'

/** The parts of a valibot schema that lead to the schemas inside it. */
interface Shape {
  kind?: string
  type?: string
  entries?: Record<string, Shape>
  item?: Shape
  wrapped?: Shape
  pipe?: readonly Shape[]
  getter?: (input: unknown) => Shape
}

/** The part of valibot's path items that is needed to follow them. */
type Path = readonly { key: unknown; value: unknown }[]

/** The keys that the object schema at `path` knows. */
export function knownKeys(schema: v.GenericSchema, input: unknown, path: Path): string[] {
  const [innermost] = schemasAlong(schema as Shape, input, path).slice(-1)
  return Object.keys(innermost?.entries ?? {})
}

/** True if nothing on the way along `path` may be left out: the resource is of no use without this field. */
export function isEssential(schema: v.GenericSchema, input: unknown, path: Path): boolean {
  return schemasAlong(schema as Shape, input, path).every(({ type }) => type !== 'optional' && type !== 'nullish')
}

/** Every schema met on the way along `path`, wrappers included, outermost first; ends where the way is not known. */
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

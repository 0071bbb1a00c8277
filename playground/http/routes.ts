import { type OperationName, operations } from 'mercadopago-wallet-connect'

type Table = typeof operations
type RouteOf<Name extends OperationName> = Name extends OperationName ? `${Table[Name]['method']} ${Table[Name]['path']}` : never

/** Name of an operation that shares method and path with another one. */
type SharedName = {
  [Name in OperationName]: RouteOf<Name> extends RouteOf<Exclude<OperationName, Name>> ? Name : never
}[OperationName]

/** The field of the body by which operations of one route are told apart. With both fields it is a cancellation. */
const FIELD_OF = {
  'payments.cancel': 'status',
  'payments.capture': 'capture',
} as const satisfies Record<SharedName, string>

/** A method and a path, and the operations that have both. */
export interface Route {
  method: string
  /** Path with its parameter in braces. */
  path: string
  names: OperationName[]
}

/** All routes of the table of operations; those without a parameter first, or `/search` would be taken for an id. */
export function routes(): Route[] {
  const byRoute = new Map<string, Route>()
  for (const [name, { method, path }] of Object.entries(operations)) {
    const route = byRoute.get(`${method} ${path}`) ?? { method, path, names: [] }
    route.names.push(name as OperationName)
    byRoute.set(`${method} ${path}`, route)
  }
  return [...byRoute.values()].sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')))
}

/** The operation of a request on a route; undefined if its body does not say which. */
export function operationOn({ names }: Route, body: Record<string, unknown>): OperationName | undefined {
  const [only, ...others] = names
  if (others.length === 0) return only
  const [chosen] = Object.entries(FIELD_OF).find(([name, field]) => isOneOf(names, name) && Object.hasOwn(body, field)) ?? []
  return chosen as OperationName | undefined
}

const isOneOf = (names: readonly string[], name: string): boolean => names.includes(name)

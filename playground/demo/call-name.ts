import { type OperationName, operations } from 'mercadopago-wallet-connect'

/** Method and path of each operation as a pattern; capture and cancel share one. */
const ROUTES = Object.entries(operations).map(([name, { method, path }]) => ({
  name: name as OperationName,
  method,
  pattern: new RegExp(`^${path.replace(/\{\w+\}/, '[^/]+')}$`),
}))

/** The operation of a request to one of Mercado Pago's paths; undefined if it is another path. */
export async function operationOf(request: Request): Promise<OperationName | undefined> {
  const { pathname } = new URL(request.url)
  const names = ROUTES.filter(({ method, pattern }) => method === request.method && pattern.test(pathname)).map(
    ({ name }) => name,
  )
  // `/search` looks like an id.
  if (names.length < 2 || request.method === 'GET') return names.find((name) => name === 'payments.search') ?? names[0]
  const text = await request.clone().text()
  return text.includes('"capture"') ? 'payments.capture' : 'payments.cancel'
}

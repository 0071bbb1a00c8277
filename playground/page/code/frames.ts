import type { Body, Hand } from './bodies.ts'
import type { Runtime } from './steps.ts'

type Frame = (body: Body) => string

const lines = (...parts: (string | boolean | undefined)[]): string => parts.filter((part) => typeof part === 'string').join('\n')
const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ')
const withDefaults = (names: readonly string[]): string => names.map((name) => `${name} = ''`).join(', ')

const PACKAGE = 'mercadopago-wallet-connect'
const WIDEST_LINE = 90

/** @param login what of the shop says who asks */
function importsOf({ imports, by, keeps, asksProxy }: Body, prefix = '', login?: string): string {
  const names = [...(asksProxy ? [] : ['createWalletConnect']), ...(imports ? [imports] : [])].join(', ')
  const from = `from '${prefix}${PACKAGE}'`
  const line = `import { ${names} } ${from}`
  const own = [...(login ? [login] : []), ...(keeps ? ['keep'] : [])]
  const is = [...(login ? ['your login'] : []), ...(keeps ? ['a store that encrypts'] : [])]
  return lines(
    line.length > WIDEST_LINE ? `import { ${names} }\n  ${from}` : line,
    by === 'Mercado Pago' && `import { verifyNotification } from '${prefix}${PACKAGE}/notifications'`,
    own.length > 0 && `import { ${own.join(', ')} } from './shop.ts' // yours: ${is.join(', ')}`,
  )
}

/** What a step reads from the environment. */
const variablesOf = ({ by, asksProxy }: Body): string[] => [
  asksProxy ? 'PROXY_CLIENT_KEY' : 'MERCADOPAGO_ACCESS_TOKEN',
  ...(by === 'Mercado Pago' ? ['HOOK_SECRET'] : []),
]

/** Anybody can reach a Worker: who asks says the shop's own login, and what is this buyer's, too. */
function workers(body: Body): string {
  const { by, knows = [], takes = [], returns, charges, asksProxy, code } = body
  const known = [...knows, ...(charges ? ['payer'] : [])].join(', ')
  const login = { buyer: 'buyerOf', staff: 'staffOf', 'Mercado Pago': undefined }[by]
  const inside = lines(
    by === 'buyer' &&
      `const { ${known} } = await buyerOf(request) // ${returns ? 'throws for strangers' : 'throws unless your page POSTs'}`,
    by === 'staff' && 'await staffOf(request) // throws unless your page POSTs',
    returns && 'const { searchParams } = new URL(request.url)',
    returns && `const { ${withDefaults(takes)} } = Object.fromEntries(searchParams)`,
    takes.length > 0 && !returns && `const { ${withDefaults(takes)} } = await request.json<Record<string, string>>()`,
    !asksProxy && 'const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })',
    code({
      show: (expression, status) => `return Response.json(${expression}${status ? `, { status: ${status} }` : ''})`,
      pass: (response) => `return ${response} // { ticket, … }, for the page alone`,
      refuse: (why) => `return new Response('${why}', { status: 403 })`,
      variable: (name) => `env.${name}`,
      answer: (status) => `return new Response(null, { status: ${status} })`,
    }).trim(),
  )
  const fields = variablesOf(body).map((name) => `${name}: string`)
  return lines(
    importsOf(body, '', login),
    '',
    'export default { async fetch(request, env) {',
    indent(inside),
    `} } satisfies ExportedHandler<{ ${fields.join('; ')} }>`,
  )
}

interface Script {
  prefix?: string
  /** An object with the variables of the environment. */
  env: string
  args: string
  /** Serves a handler of `request`. */
  serve: (handler: string) => string
  /** What `serve` imports. */
  imports?: string
  answer?: Hand['answer']
}

/** Whoever runs a script is the shop: what it knows are arguments. */
const script =
  ({ prefix, env, args, serve, imports, answer }: Script): Frame =>
  (body) => {
    const { by, knows = [], takes = [], charges, asksProxy, code } = body
    const isServer = by === 'Mercado Pago'
    const said = [...knows, ...takes]
    const done = code({
      show: (expression) => `console.log(${expression})`,
      pass: (response) => `console.log(await ${response}.json()) // { ticket, … }, for the page alone`,
      refuse: (why) => `throw new Error('${why}')`,
      variable: (name) => name,
      answer: answer ?? ((status) => `return new Response(null, { status: ${status} })`),
    }).trim()
    return lines(
      isServer && imports,
      importsOf(body, prefix),
      '',
      `const { ${withDefaults([...variablesOf(body), ...(charges ? ['PAYER_TOKEN'] : [])])} } = ${env}`,
      !asksProxy && 'const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })',
      said.length > 0 && `const [${withDefaults(said)}] = ${args}`,
      charges && 'const payer = { token: PAYER_TOKEN }',
      isServer ? serve(indent(done)) : done,
    )
  }

export const FRAMES: Record<Exclude<Runtime, 'Browser' | 'curl'>, Frame> = {
  Workers: workers,
  Deno: script({
    prefix: 'npm:',
    env: 'Deno.env.toObject()',
    args: 'Deno.args',
    serve: (handler) => `Deno.serve(async (request) => {\n${handler}\n})`,
  }),
  Bun: script({
    env: 'Bun.env',
    args: 'Bun.argv.slice(2)',
    serve: (handler) => `Bun.serve({ fetch: async (request) => {\n${handler}\n} })`,
  }),
  Node: script({
    env: 'process.env',
    args: 'process.argv.slice(2)',
    imports: "import { createServer } from 'node:http'\nimport { Readable } from 'node:stream'",
    serve: (handler) => `createServer(async (incoming, response) => {
  const { url = '', headers } = incoming
  const request = { url, headers, body: Readable.toWeb(incoming) }
${handler}
}).listen(8080)`,
    answer: (status) => `response.writeHead(${status}).end()`,
  }),
}

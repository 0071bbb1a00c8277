import type { Body, Hand } from './bodies.ts'
import type { Runtime } from './snippets.ts'

type Frame = (body: Body) => string

const lines = (...parts: (string | boolean | undefined)[]): string => parts.filter((part) => typeof part === 'string').join('\n')
const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ')
const withDefaults = (names: readonly string[]): string => names.map((name) => `${name} = ''`).join(', ')

const PACKAGE = 'mercadopago-wallet-connect'
const WIDEST_LINE = 90

function importsOf({ imports, askedBy }: Body, prefix = ''): string {
  const names = ['createWalletConnect', ...(imports ? [imports] : [])].join(', ')
  const from = `from '${prefix}${PACKAGE}'`
  const line = `import { ${names} } ${from}`
  return lines(
    line.length > WIDEST_LINE ? `import { ${names} }\n  ${from}` : line,
    askedBy === 'Mercado Pago' && `import { verifyNotification } from '${prefix}${PACKAGE}/notifications'`,
  )
}

/** The shop asks by POST: a write is no address to follow. */
function workers(body: Body): string {
  const { takes = [], charges, stores, askedBy, code } = body
  const names = withDefaults(charges ? ['agreement', ...takes] : takes)
  const fields = lines(
    'MERCADOPAGO_ACCESS_TOKEN: string',
    (charges || stores) && 'STORE: KVNamespace',
    askedBy === 'Mercado Pago' && 'HOOK_SECRET: string',
  ).replaceAll('\n', '; ')
  const inside = lines(
    'const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })',
    askedBy === 'buyer' && `const { searchParams } = new URL(request.url)`,
    askedBy === 'buyer' && `const { ${names} } = Object.fromEntries(searchParams)`,
    !askedBy && `const { ${names} } = await request.json<Record<string, string>>()`,
    charges && "const payer = { token: (await env.STORE.get(agreement)) ?? '' }",
    code({
      show: (expression) => `return Response.json(${expression})`,
      store: (id, text) => `await env.STORE.put(${id}, ${text})`,
      keepToken: "await env.STORE.put(agreement, payer_token) // KV encrypts at rest\nreturn new Response('Linked.')",
      secret: 'env.HOOK_SECRET',
      answer: (status) => `return new Response(null, { status: ${status} })`,
    }).trim(),
  )
  return lines(
    importsOf(body),
    '',
    'export default { async fetch(request, env) {',
    indent(inside),
    `} } satisfies ExportedHandler<{ ${fields} }>`,
  )
}

interface Script {
  prefix?: string
  /** Reads variables of the environment under their names. */
  env: (names: string[]) => string
  args: string
  /** Writes the text of an expression to a file. */
  write: (file: string, text: string) => string
  /** An import that `write` or `serve` takes. */
  imports?: { write: string; serve: string }
  /** Serves a handler of `request`. */
  serve: (handler: string) => string
  answer?: Hand['answer']
}

const script =
  ({ prefix, env, args, write, imports, serve, answer }: Script): Frame =>
  (body) => {
    const { takes = [], charges, stores, askedBy, code } = body
    const isServer = askedBy === 'Mercado Pago'
    const writes = stores && askedBy !== 'buyer'
    const done = code({
      show: (expression) => `console.log(${expression})`,
      store: (id, text) => write(`\`\${${id}}.json\``, text),
      keepToken: 'console.log(payer_token)',
      secret: 'HOOK_SECRET',
      answer: answer ?? ((status) => `return new Response(null, { status: ${status} })`),
    }).trim()
    return lines(
      isServer && imports?.serve,
      writes && imports?.write,
      importsOf(body, prefix),
      '',
      env(['MERCADOPAGO_ACCESS_TOKEN', ...(charges ? ['PAYER_TOKEN'] : []), ...(isServer ? ['HOOK_SECRET'] : [])]),
      'const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })',
      takes.length > 0 && `const [${withDefaults(takes)}] = ${args}`,
      charges && 'const payer = { token: PAYER_TOKEN }',
      isServer ? serve(indent(done)) : done,
    )
  }

export const FRAMES: Record<Exclude<Runtime, 'curl'>, Frame> = {
  Workers: workers,
  Deno: script({
    prefix: 'npm:',
    env: (names) => names.map((name) => `const ${name} = Deno.env.get('${name}') ?? ''`).join('\n'),
    args: 'Deno.args',
    write: (file, text) => `await Deno.writeTextFile(${file}, ${text})`,
    serve: (handler) => `Deno.serve(async (request) => {\n${handler}\n})`,
  }),
  Bun: script({
    env: (names) => `const { ${withDefaults(names)} } = Bun.env`,
    args: 'Bun.argv.slice(2)',
    write: (file, text) => `await Bun.write(${file}, ${text})`,
    serve: (handler) => `Bun.serve({ fetch: async (request) => {\n${handler}\n} })`,
  }),
  Node: script({
    env: (names) => `const { ${withDefaults(names)} } = process.env`,
    args: 'process.argv.slice(2)',
    write: (file, text) => `await writeFile(${file}, ${text})`,
    imports: {
      write: "import { writeFile } from 'node:fs/promises'",
      serve: "import { createServer } from 'node:http'\nimport { Readable } from 'node:stream'",
    },
    serve: (handler) => `createServer(async (incoming, response) => {
  const { url = '', headers } = incoming
  const request = { url, headers, body: Readable.toWeb(incoming) }
${handler}
}).listen(8080)`,
    answer: (status) => `response.writeHead(${status}).end()`,
  }),
}

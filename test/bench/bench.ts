/**
 * `npm run bench`: what a payment costs beside the network, as ratios of one run, and the size of a bundle.
 *
 * Every contender gets the same instant `fetch`, which does what each real one does first (it makes a Request) and
 * answers with the documented payment. Rounds are interleaved, so that a slow moment hits all alike.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { AdvancedPayment, MercadoPagoConfig } from 'mercadopago'
import { createWalletConnect, prepare } from 'mercadopago-wallet-connect'
import { createNotificationVerifier, signNotification } from 'mercadopago-wallet-connect/notifications'
import { createFetch } from 'ofetch'

const ROUNDS = 41
const CALLS = 1_000

const folder = new URL('../contract/examples/', import.meta.url).pathname
const example = (name: string): string => readFileSync(`${folder}${name}.json`, 'utf8')
const payment = JSON.parse(example('create-payment.request'))
const approved = JSON.stringify(JSON.parse(example('create-payment.approved.response.201')))
const headers = { 'content-type': 'application/json', 'x-request-id': '6a1c1f0e-5d0b-4c36-9f0a-0c8f5b1f7d11' }
const instant: typeof fetch = async (input, init) => {
  new Request(input, init)
  return new Response(approved, { status: 201, headers })
}
globalThis.fetch = instant

const url = 'https://api.mercadopago.com/v1/advanced_payments'
const post = () => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer TEST-1', 'x-idempotency-key': crypto.randomUUID() },
  body: JSON.stringify(payment),
})
const wallet = createWalletConnect({ accessToken: 'TEST-1', fetch: instant })
const official = new AdvancedPayment(new MercadoPagoConfig({ accessToken: 'TEST-1' }))
const ofetch = createFetch({ fetch: instant })

const contenders = {
  'bare fetch + JSON.parse': async () => JSON.parse(await (await fetch(url, post())).text()),
  'ofetch alone': () => ofetch(url, post()),
  'official mercadopago SDK': () => official.create({ body: payment }),
  'payments.create': () => wallet.payments.create(payment),
}

const microseconds: Record<string, number[]> = {}
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, call] of Object.entries(contenders)) {
    const before = process.cpuUsage()
    for (let i = 0; i < CALLS; i++) await call()
    const { user, system } = process.cpuUsage(before)
    microseconds[name] ??= []
    microseconds[name].push((user + system) / CALLS)
  }
}
const median = (values: number[] = []): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const ours = median(microseconds['payments.create'])

console.log(`CPU time of one call, median of ${ROUNDS} interleaved rounds of ${CALLS}, Node ${process.version}\n`)
for (const [name, values] of Object.entries(microseconds)) {
  const time = median(values)
  console.log(`  ${name.padEnd(26)} ${time.toFixed(1).padStart(6)} µs   payments.create is ${(ours / time).toFixed(2)} ×`)
}

const PREPARED = 300_000
const startedAt = performance.now()
for (let i = 0; i < PREPARED; i++) prepare('payments.create', payment)
const perSecond = (PREPARED / (performance.now() - startedAt)) * 1_000
console.log(`\n  prepare                    ${Math.round(perSecond).toLocaleString('en')} per second`)

const secret = 'd41d8cd98f00b204e9800998ecf8427e'
const delivery = await signNotification({ secret, topic: 'payment', data: { id: '999999999' }, requestId: 'request-1' })
const [, ts = '', v1 = ''] = /ts=(\d+),v1=(\w+)/.exec(delivery.headers.get('x-signature') ?? '') ?? []
const plain = { url: delivery.url, headers: Object.fromEntries(delivery.headers), body: { type: 'payment' } }
const manifest = new TextEncoder().encode(`id:999999999;request-id:request-1;ts:${ts};`)
const hash = Uint8Array.from(v1.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
const algorithm = { name: 'HMAC', hash: 'SHA-256' }
const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['verify'])
const verify = createNotificationVerifier({ secrets: secret })
const bare = () => crypto.subtle.verify('HMAC', key, hash, manifest)

const elapsed: Record<'bare' | 'ours', number[]> = { bare: [], ours: [] }
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, call] of [
    ['bare', bare],
    ['ours', () => verify(plain)],
  ] as const) {
    const startedAt = performance.now()
    for (let i = 0; i < CALLS; i++) await call()
    elapsed[name].push(((performance.now() - startedAt) * 1_000) / CALLS)
  }
}
const ratio = median(elapsed.bare) / median(elapsed.ours)
console.log(`\n  bare subtle.verify         ${median(elapsed.bare).toFixed(1).padStart(6)} µs`)
console.log(
  `  a verifier                 ${median(elapsed.ours).toFixed(1).padStart(6)} µs   ${ratio.toFixed(2)} × as many per second`,
)

async function gzipped(contents: string, external: string[] = []): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser', 'import'],
    external,
    write: false,
  })
  return `${(gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length / 1_000).toFixed(1)} kB`
}
const client = "export { createWalletConnect } from 'mercadopago-wallet-connect'"
console.log('\nBundled, minified, gzipped\n')
console.log(`  createWalletConnect        ${await gzipped(client)}`)
console.log(`  without ofetch and valibot ${await gzipped(client, ['ofetch', 'valibot'])}`)
const entry = "from 'mercadopago-wallet-connect/notifications'"
console.log(
  `  notifications              ${await gzipped(`export * ${entry}`)}, verifyNotification alone ${await gzipped(`export { verifyNotification } ${entry}`)}`,
)
console.log(`  official mercadopago SDK   ${await gzipped("export { AdvancedPayment } from 'mercadopago'", ['crypto'])}`)

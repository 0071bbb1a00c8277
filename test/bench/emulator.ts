/**
 * `npm run bench -- emulator`: how fast the emulator is in process, whether that stays so up to the millionth payment, what
 * a payment costs to keep, and how long an exploration takes.
 */
import { createEmulator, exploreFaults } from 'mercadopago-wallet-connect/emulator'
import { carefulCheckout } from '../../playground/examples/checkouts.ts'

const PAYMENTS = Number(process.argv[3] ?? 1_000_000)
const api = 'https://api.mercadopago.com'
const headers = { authorization: 'Bearer TEST-1', 'content-type': 'application/json' }

const emulator = createEmulator({ balance: 1_000_000_000 })
async function post<Answer>(path: string, body: object, key = ''): Promise<Answer> {
  const response = await emulator.fetch(api + path, {
    method: 'POST',
    headers: { ...headers, ...(key && { 'x-idempotency-key': key }) },
    body: JSON.stringify(body),
  })
  return JSON.parse(await response.text())
}

const { agreement_id } = await post<{ agreement_id: string }>('/v2/wallet_connect/agreements', {
  return_uri: 'https://shop.example',
  external_flow_id: 'flow-1',
  external_user: { id: 'buyer-1' },
})
const { code } = emulator.buyer.approve(agreement_id)
const path = `/v2/wallet_connect/agreements/${agreement_id}/payer_token`
const { payer_token } = await post<{ payer_token: string }>(path, { code })

const heapUsed = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
const perSecond = async (times: number, call: (index: number) => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  for (let i = 0; i < times; i++) await call(i)
  return (times / (performance.now() - startedAt)) * 1_000
}

const before = heapUsed()
let made = 0
let lastId = 0
const create = async () => {
  made += 1
  const wallet_payment = { transaction_amount: 10.5, description: 'Two chairs', external_reference: `order-${made}` }
  const payer = { token: payer_token, type_token: 'wallet-token' }
  lastId = (
    await post<{ id: number }>('/v1/advanced_payments', { wallet_payment, payer, binary_mode: true }, crypto.randomUUID())
  ).id
}
const get = async () => (await emulator.fetch(`${api}/v1/advanced_payments/${lastId}`, { headers })).text()

console.log(`The emulator in one process, Node ${process.version}\n`)
const rates: number[] = []
const STEPS = 10
for (let step = 1; step <= STEPS; step++) {
  const created = await perSecond(PAYMENTS / STEPS, create)
  const read = await perSecond(20_000, get)
  rates.push(created)
  const ratio = (created / (rates[0] ?? created)).toFixed(2)
  const format = (value: number) => Math.round(value).toLocaleString('en').padStart(8)
  console.log(
    `  to payment ${made.toLocaleString('en').padStart(9)}  created${format(created)}/s (${ratio} × the first)  read${format(read)}/s`,
  )
}
const kept = (heapUsed() - before) / made
console.log(`\n  heap per payment           ${globalThis.gc ? `${Math.round(kept)} bytes` : 'unknown: run with --expose-gc'}`)

const startedAt = performance.now()
const { report } = await exploreFaults(carefulCheckout)
console.log(`  exploreFaults              ${((performance.now() - startedAt) / 1_000).toFixed(1)} s: ${report}`)

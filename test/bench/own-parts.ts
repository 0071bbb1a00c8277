import { prepare } from 'mercadopago-wallet-connect'
import { createNotificationVerifier, signNotification } from 'mercadopago-wallet-connect/notifications'
import { samplePayment } from './contenders/contender.ts'
import { medians } from './contenders.ts'

const ROUNDS = 41
const CALLS = 1_000

/** What only we do, beside the least that it could cost. */
export async function measureOwnParts(): Promise<string[]> {
  const secret = 'd41d8cd98f00b204e9800998ecf8427e'
  const delivery = await signNotification({ secret, topic: 'payment', data: { id: '999999999' }, requestId: 'request-1' })
  const [, ts = '', v1 = ''] = /ts=(\d+),v1=(\w+)/.exec(delivery.headers.get('x-signature') ?? '') ?? []
  const plain = { url: delivery.url, headers: Object.fromEntries(delivery.headers), body: { type: 'payment' } }
  const manifest = new TextEncoder().encode(`id:999999999;request-id:request-1;ts:${ts};`)
  const hash = Uint8Array.from(v1.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['verify'])
  const verify = createNotificationVerifier({ secrets: secret })

  const parts: { name: string; call: () => unknown }[] = [
    { name: 'prepare', call: () => prepare('payments.create', samplePayment) },
    { name: 'JSON.stringify and randomUUID', call: () => [JSON.stringify(samplePayment), crypto.randomUUID()] },
    { name: 'a notification verifier', call: () => verify(plain) },
    { name: 'subtle.verify', call: () => crypto.subtle.verify('HMAC', key, hash, manifest) },
  ]
  const microseconds = await medians(ROUNDS, parts, async ({ call }) => {
    const startedAt = performance.now()
    for (let i = 0; i < CALLS; i++) await call()
    return ((performance.now() - startedAt) * 1_000) / CALLS
  })
  return Object.entries(microseconds).map(([name, value]) => `${name.padEnd(30)} ${value.toFixed(1).padStart(6)} µs`)
}

import { createServer, type Server, type Socket } from 'node:net'
import { createWalletConnect, type WalletConnect } from 'mercadopago-wallet-connect'
import { afterEach, describe, expect, it } from 'vitest'
import { document } from '../support/client/documents.ts'
import { aPayment, rejection } from '../support/client/wallet.ts'

const payment = JSON.stringify(document('create-payment.approved.response.201'))
const head = (status: string, length: number | 'chunked'): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${length === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${length}`}\r\n\r\n`
const whole = head('201 Created', payment.length) + payment

let server: Server | undefined
const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  server?.close()
})

/** A server that does to each connection, in turn, what the script says; the last goes on for ever. */
async function serve(...script: ((socket: Socket) => void)[]): Promise<{ wallet: WalletConnect; requests: string[] }> {
  const requests: string[] = []
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', (data) => {
      requests.push(data.toString())
      script[Math.min(requests.length, script.length) - 1]?.(socket)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const baseURL = `http://127.0.0.1:${port}`
  return { wallet: createWalletConnect({ accessToken: 'TEST-access', baseURL, timeoutMs: 300, deadlineMs: 3_000 }), requests }
}

const breaks: [string, (socket: Socket) => void][] = [
  ['is reset before the answer', (socket) => socket.resetAndDestroy()],
  ['is closed before the answer', (socket) => socket.end()],
  ['hangs before the answer', () => {}],
  ['is cut in the headers', (socket) => socket.end('HTTP/1.1 201 Cre')],
  ['is cut in a body of known length', (socket) => socket.end(whole.slice(0, -40))],
  ['is cut in a chunked body', (socket) => socket.end(`${head('201 Created', 'chunked')}20\r\n{"id": 1`)],
  ['stalls in the body', (socket) => socket.write(whole.slice(0, -40))],
  ['speaks something else', (socket) => socket.end('SSH-2.0-OpenSSH_9.0\r\n')],
]

describe('a real connection that breaks', () => {
  it.each(breaks)('%s: the repeat has the same key and bytes, and its answer is ours', async (_, step) => {
    const { wallet, requests } = await serve(step, (socket) => socket.end(whole))
    await expect(wallet.payments.create(aPayment)).resolves.toMatchObject({ id: 10458724 })
    expect(requests).toHaveLength(2)
    expect(requests[1]).toBe(requests[0])
  })

  it.each(breaks)('%s, each time: an unknown outcome', async (_, step) => {
    const { wallet } = await serve(step)
    expect(await rejection(wallet.payments.create(aPayment))).toMatchObject({ code: 'unknown_outcome', attempts: 3 })
  })

  it('is never there: unknown for a write, for a refusal to connect looks like any other failure', async () => {
    const { wallet } = await serve()
    await new Promise((resolve) => server?.close(resolve))
    expect(await rejection(wallet.payments.create(aPayment))).toMatchObject({ code: 'unknown_outcome' })
    expect(await rejection(wallet.payments.get(7))).toMatchObject({ code: 'unavailable', reason: 'network' })
  })

  it('is left when the caller aborts', async () => {
    const controller = new AbortController()
    let closed = false
    const { wallet } = await serve((socket) => socket.on('close', () => (closed = true)))
    setTimeout(() => controller.abort(), 50)
    await rejection(wallet.payments.create(aPayment, { signal: controller.signal }))
    await expect.poll(() => closed).toBe(true)
  })
})

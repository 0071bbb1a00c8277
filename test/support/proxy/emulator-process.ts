/** A process of its own: the emulator on a port of 127.0.0.1, and the buyer's hand by messages. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createEmulator, type FaultName, type Phase } from '../../../src/emulator/index.ts'

export interface Nature {
  /** Each payment takes up to so long before it takes effect. */
  latencyMs?: number
}

/** A fault that strikes this share of the payments. */
export interface FaultRate {
  fault: FaultName
  rate: number
  phase?: Phase
  delayMs?: number
}

export interface Charge {
  reference: string
  id: number
}

const ORIGIN = 'https://api.mercadopago.com'
const CLOCK_MS = 20
const { latencyMs = 0 }: Nature = JSON.parse(process.argv[2] ?? '{}')

const emulator = createEmulator({
  now: Date.now(),
  balance: 1_000_000_000,
  ...(latencyMs > 0 && { beforeEffect: () => new Promise((resolve) => setTimeout(resolve, Math.random() * latencyMs)) }),
})
const { clock, buyer, faults } = emulator
const followRealTime = () => clock.advance(Math.max(0, Date.now() - clock.now()))
setInterval(followRealTime, CLOCK_MS)

const commands = {
  approve: (agreement_id: string): string => buyer.approve(agreement_id).code,
  setBalance: (amount: number, user: string): void => buyer.setBalance(amount, user),
  disturb(disturbances: FaultRate[]): void {
    faults.clear()
    for (const { rate, ...disturbance } of disturbances) {
      const match = () => Math.random() < rate
      faults.inject({ ...disturbance, operation: 'payments.create', match, times: Number.POSITIVE_INFINITY })
    }
  },
  /** In clear, as nobody else should have them. */
  payerTokens: (): string[] => Object.keys((emulator.snapshot().state as { payerTokens: object }).payerTokens),
  strikes: (): number => faults.injected.length,
  charges: (): Charge[] =>
    emulator.effects
      .filter(({ kind }) => kind === 'payment_charged')
      .map(({ external_reference, payment_id }) => ({ reference: external_reference ?? '', id: payment_id ?? 0 })),
  cpuMs(): number {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  },
}

export type Commands = typeof commands
export interface Order {
  number: number
  command: keyof Commands
  parameters: unknown[]
}
export interface Report {
  number: number
  value?: unknown
  error?: string
}

process.on('message', ({ number, command, parameters }: Order) => {
  const perform = commands[command] as (...parameters: unknown[]) => unknown
  try {
    process.send?.({ number, value: perform(...parameters) } satisfies Report)
  } catch (error) {
    process.send?.({ number, error: String(error) } satisfies Report)
  }
})
process.on('disconnect', () => process.exit())

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { method = 'GET', url = '/' } = request
  const body = Buffer.concat(chunks).toString()
  const isGone = new AbortController()
  response.on('close', () => isGone.abort())
  const { signal } = isGone
  const headers = request.headers as Record<string, string>
  await followRealTime()
  const answer = await emulator.fetch(ORIGIN + url, { method, headers, signal, redirect: 'manual', ...(body && { body }) })
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  let left = Number(answer.headers.get('content-length') ?? Number.NaN)
  for await (const chunk of answer.body ?? []) {
    response.write(chunk)
    left -= chunk.length
  }
  if (left !== 0 && !Number.isNaN(left)) throw new Error('cut')
  response.end()
}

const server = createServer((request, response) => {
  receive(request, response).catch(() => response.destroy())
})
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))

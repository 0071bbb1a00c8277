/** A program for a process of its own: the emulator on a port of 127.0.0.1, and its controls as messages. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createEmulator, type FaultName, type Phase } from '../../../src/emulator/index.ts'
import { createRandom } from '../../../src/emulator/world/random.ts'

export interface EmulatorOptions {
  /** The longest time before a payment takes effect. */
  latencyMs?: number
  /** Seed of the latencies, the faults and the emulator's ids. */
  seed?: number
}

/** A fault, and the share of the payments that it is injected into. */
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
const { latencyMs = 0, seed = 1 }: EmulatorOptions = JSON.parse(process.argv[2] ?? '{}')

const random = createRandom({ seed })
/** A number from 0 to below 1. */
const roll = (): number => random.below(2 ** 32) / 2 ** 32

const emulator = createEmulator({
  seed,
  now: Date.now(),
  balance: 1_000_000_000,
  ...(latencyMs > 0 && { beforeEffect: () => new Promise((resolve) => setTimeout(resolve, roll() * latencyMs)) }),
})
const { clock, buyer, faults } = emulator
const followRealTime = () => clock.advance(Math.max(0, Date.now() - clock.now()))
setInterval(followRealTime, CLOCK_MS)

const commands = {
  approve: (agreement_id: string): string => buyer.approve(agreement_id).code,
  setBalance: (amount: number, user: string): void => buyer.setBalance(amount, user),
  injectFaults(rates: FaultRate[]): void {
    faults.clear()
    for (const { rate, ...fault } of rates) {
      const match = () => roll() < rate
      faults.inject({ ...fault, operation: 'payments.create', match, times: Number.POSITIVE_INFINITY })
    }
  },
  /** The payer tokens in clear, which nobody else should have. */
  payerTokens: (): string[] => Object.keys((emulator.snapshot().state as { payerTokens: object }).payerTokens),
  injectedFaults: (): number => faults.injected.length,
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
/** A message to the process. */
export interface CommandMessage {
  number: number
  command: keyof Commands
  parameters: unknown[]
}
/** Its reply. */
export interface CommandReply {
  number: number
  value?: unknown
  error?: string
}

process.on('message', ({ number, command, parameters }: CommandMessage) => {
  const run = commands[command] as (...parameters: unknown[]) => unknown
  try {
    process.send?.({ number, value: run(...parameters) } satisfies CommandReply)
  } catch (error) {
    process.send?.({ number, error: String(error) } satisfies CommandReply)
  }
})
process.on('disconnect', () => process.exit())

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { method = 'GET', url = '/' } = request
  const body = Buffer.concat(chunks).toString()
  const disconnected = new AbortController()
  response.on('close', () => disconnected.abort())
  const { signal } = disconnected
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

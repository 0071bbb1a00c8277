import { AdvancedPayment, DisbursementRefund, MercadoPagoConfig } from 'mercadopago'
import { fixtureFor, inParallel, REQUEST_ROWS, type Row } from './fixtures.ts'

/** The operations of Wallet Connect that the official SDK has. */
export const SDK_OPERATIONS = [
  'payments.create',
  'payments.get',
  'payments.search',
  'payments.capture',
  'payments.cancel',
  'payments.refund',
] as const
export type SdkOperation = (typeof SDK_OPERATIONS)[number]

/** How a call of the official SDK ends under a fault that lasts as long as the call. */
export interface SdkCell extends Row {
  operation: SdkOperation
  /** `answer`; `empty answer`: success with nothing in it; `hangs`; or the name of the error that it throws. */
  ending: string
  effects: number
}

/** Longer than all of its own waits together. */
const HANGS_AFTER_MS = 4_000

/** Each call of the SDK, with the request body of our client. */
export function sdkCalls(accessToken: string) {
  const options = { timeout: 800, maxRetries: 1, initialDelay: 10, maxDelay: 1_000 }
  const config = new MercadoPagoConfig({ accessToken, options })
  const payments = new AdvancedPayment(config)
  const refunds = new DisbursementRefund(config)
  return (operation: SdkOperation, body: object, id: string): Promise<object> => {
    switch (operation) {
      case 'payments.create':
        return payments.create({ body: body as never })
      case 'payments.get':
        return payments.get({ id })
      case 'payments.search':
        return payments.search({ options: { external_reference: 'order-1' } as never })
      case 'payments.capture':
        return payments.capture({ id })
      case 'payments.cancel':
        return payments.cancel({ id })
      case 'payments.refund':
        return refunds.createAll({ advancedPaymentId: id, body: {} as never })
    }
  }
}

/** Runs `work` with a global `fetch` that finds the emulator by the access token: the SDK accepts no other `fetch`. */
export async function withGlobalFetch<Value>(emulators: Map<string, typeof fetch>, work: () => Promise<Value>): Promise<Value> {
  const real = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? ''
    const emulated = emulators.get(token)
    if (!emulated) throw new Error(`There is no emulator for ${token}`)
    return emulated(input, init)
  }
  try {
    return await work()
  } finally {
    globalThis.fetch = real
  }
}

export function sdkMatrix(): Promise<SdkCell[]> {
  const inputs = SDK_OPERATIONS.flatMap((operation) =>
    REQUEST_ROWS.filter(({ fault }) => fault.operations?.includes(operation) ?? true).map((row) => ({ ...row, operation })),
  ).map((row, index) => ({ ...row, accessToken: `TEST-${index}` }))
  const emulators = new Map<string, typeof fetch>()
  return withGlobalFetch(emulators, () =>
    inParallel(inputs, async ({ fault, phase, operation, accessToken }) => {
      const { emulator, prepared, effects } = await fixtureFor(operation, accessToken)
      emulators.set(accessToken, emulator.fetch)
      emulator.faults.inject({ fault: fault.name, times: Number.POSITIVE_INFINITY, ...(phase && { phase }) })
      const id = prepared.path.split('/')[3] ?? ''
      const ending = await Promise.race([
        sdkCalls(accessToken)(operation, JSON.parse(prepared.body ?? '{}'), id).then(describe, (error: Error) => error.name),
        new Promise<string>((resolve) => setTimeout(resolve, HANGS_AFTER_MS, 'hangs')),
      ])
      return { fault, ...(phase && { phase }), operation, ending, effects: effects() }
    }),
  )
}

const describe = (answer: object): string =>
  Object.keys(answer).some((name) => name !== 'api_response') ? 'answer' : 'empty answer'

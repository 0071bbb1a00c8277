import { createEmulator, DEFAULT_RULES, type EmulatorOptions, type Rules } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { start } from './raw-emulator.ts'

export type Options = EmulatorOptions
export type Body = Record<string, unknown>

/** How each option shows from outside, what is seen by default, and what with each other value. */
export type Seen<Name extends keyof Rules> = {
  [Each in Name]: [look: (options: Options) => Promise<unknown>, byDefault: unknown, ...others: [Rules[Each], unknown][]]
}

export type PaymentRule =
  | 'amounts'
  | 'copDecimals'
  | 'requireExternalReference'
  | 'facilitator'
  | 'typeTokens'
  | 'defaultBinaryMode'
  | 'deferredCapture'
  | 'deferredCaptureInBinaryMode'
  | 'payerTokenError'
  | 'disbursements'
  | 'cancelledSpelling'
  | 'cancellable'
  | 'requireWalletPayment'
  | 'consistencyDelayMs'
  | 'authorizationLifetimeMs'
  | 'undecidedLifetimeMs'
  | 'refundDelayMs'
  | 'refundWindowMs'
  | 'refundIds'
  | 'refundAnswer'
  | 'searchLimit'
  | 'keyRetentionMs'
  | 'maxKeyLength'
  | 'keyAfterRefusal'
  | 'replayOfPaid'

export type NotificationRule =
  | 'paymentEvents'
  | 'splitterEvents'
  | 'testEvents'
  | 'eventIds'
  | 'signNotifications'
  | 'signedId'
  | 'timestampUnit'
  | 'deliveryTimeoutMs'
  | 'retryDelaysMs'
  | 'redeliveryHeaders'

/** A test of each option: its default, every other value, and that no value was left out. */
export function describeRules<Name extends keyof Rules>(seen: Seen<Name>): void {
  describe.each(Object.keys(seen) as Name[])('%s', (name) => {
    const [look, byDefault, ...others] = seen[name]

    it('shows its default', async () => {
      expect(await look({})).toEqual(byDefault)
      expect(await look({ [name]: undefined })).toEqual(byDefault)
    })

    it.each(others)('%j shows', async (value, expected) => {
      expect(await look({ [name]: value })).toEqual(expected)
    })

    it('has each of its values tested', () => {
      const choices = /must be one of (.*)$/.exec(attempt(() => createEmulator({ [name]: {} } as Options)))?.[1]
      const wanted = choices?.split(', ') ?? (typeof DEFAULT_RULES[name] === 'boolean' ? ['true', 'false'] : [])
      expect(others.map(([value]) => String(value))).toEqual(expect.arrayContaining(wanted))
    })
  })
}

/** One after the other, as their order may matter. */
export async function each<Value, Result>(values: readonly Value[], read: (value: Value) => Promise<Result>): Promise<Result[]> {
  const results = []
  for (const value of values) results.push(await read(value))
  return results
}

/** `done`, or why not. */
export function attempt(act: () => unknown): string {
  try {
    act()
    return 'done'
  } catch (error) {
    return (error as Error).message
  }
}

/** An emulator with a linked buyer. */
export async function linked(options: Options) {
  const started = start(options)
  return { ...started, ...(await started.link()) }
}

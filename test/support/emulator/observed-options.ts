import { createEmulator, DEFAULT_RULES, type EmulatorOptions, type Rules } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { start } from './raw-emulator.ts'

export type JsonObject = Record<string, unknown>

/** A way to observe each option from outside, what it observes by default, and what with each other value. */
export type Observations<Name extends keyof Rules> = {
  [Each in Name]: [
    observe: (options: EmulatorOptions) => Promise<unknown>,
    byDefault: unknown,
    ...others: [Rules[Each], unknown][],
  ]
}

/** The options that `payment-rules.test.ts` tests. */
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
  | 'topLevelCapture'
  | 'topLevelReference'
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
  | 'searchDelayMs'
  | 'keyRetentionMs'
  | 'maxKeyLength'
  | 'keyAfterRefusal'
  | 'replayOfPaid'
  | 'refundKeys'
  | 'changeKeys'

/** The options that `notifications.test.ts` tests. */
export type NotificationRule =
  | 'paymentEvents'
  | 'splitterEvents'
  | 'testEvents'
  | 'eventIds'
  | 'signNotifications'
  | 'notificationUserAgent'
  | 'signedId'
  | 'timestampUnit'
  | 'deliveryTimeoutMs'
  | 'retryDelaysMs'
  | 'redeliveryHeaders'

/** Tests each option: its default, every other value, and that no value is left out. */
export function describeRules<Name extends keyof Rules>(observations: Observations<Name>): void {
  describe.each(Object.keys(observations) as Name[])('the option %s', (name) => {
    const [observe, byDefault, ...others] = observations[name]

    it('has its documented default, also for undefined', async () => {
      expect(await observe({})).toEqual(byDefault)
      expect(await observe({ [name]: undefined })).toEqual(byDefault)
    })

    it.each(others)('has an effect with the value %j', async (value, expected) => {
      expect(await observe({ [name]: value })).toEqual(expected)
    })

    it('is tested with each of its values', () => {
      const choices = /must be one of (.*)$/.exec(messageOf(() => createEmulator({ [name]: {} } as EmulatorOptions)))?.[1]
      const wanted = choices?.split(', ') ?? (typeof DEFAULT_RULES[name] === 'boolean' ? ['true', 'false'] : [])
      expect(others.map(([value]) => String(value))).toEqual(expect.arrayContaining(wanted))
    })
  })
}

/** Reads one value after the other, as the order may matter. */
export async function inSequence<Value, Result>(
  values: readonly Value[],
  read: (value: Value) => Promise<Result>,
): Promise<Result[]> {
  const results = []
  for (const value of values) results.push(await read(value))
  return results
}

/** The message of what a call throws; `done` if it throws nothing. */
export function messageOf(act: () => unknown): string {
  try {
    act()
    return 'done'
  } catch (error) {
    return (error as Error).message
  }
}

/** An emulator with a linked buyer. */
export async function linked(options: EmulatorOptions) {
  const started = start(options)
  return { ...started, ...(await started.link()) }
}

import { InvalidInputError, RefusedError } from '../errors.ts'
import type { OperationInput, OperationName, OperationOutput } from '../operations/operation-types.ts'
import type { AdvancedPayment } from '../operations/payment.ts'
import { type Clock, systemClock } from '../request/clock.ts'
import { type PrepareOptions, prepare } from '../request/prepared-request.ts'
import { reconcile } from '../request/reconcile.ts'
import { send, sendChecked } from '../request/send.ts'
import { isPlainObject } from '../schema/plain-object.ts'
import { resolveOptions, type WalletConnectOptions } from './client-options.ts'
import type { PaymentOptions, WalletConnect } from './wallet-connect.ts'

/**
 * Makes a client for Mercado Pago Wallet Connect. Sends nothing.
 *
 * @throws {InvalidInputError} an option is missing, unknown or out of bounds, or there is an access token in a browser
 */
export function createWalletConnect(options: WalletConnectOptions): WalletConnect {
  return createClient(options, systemClock)
}

/** Makes a client that takes time and randomness from `clock`. */
export function createClient(options: WalletConnectOptions, clock: Clock): WalletConnect {
  const { transport, defaults } = resolveOptions(options, clock)
  const boundPrepare: WalletConnect['prepare'] = (name, input, own = {}) =>
    prepare(name, input, withDefaults(defaults, copyPlain('options', own, '{ idempotencyKey }')))
  const boundSend = ((prepared, own) => send(transport, prepared, own)) as WalletConnect['send']
  const call = async <Name extends OperationName>(
    name: Name,
    input: unknown,
    options: PaymentOptions = {},
    id: { agreement_id: string } | { advanced_payment_id: number | string } | undefined = undefined,
  ): Promise<OperationOutput<Name>> => {
    const { signal, ...own } = copyPlain('options', options, '{ idempotencyKey }') as PaymentOptions
    const fields = id ? { ...copyPlain('input', input, '{ amount: 25 } or { code }'), ...id } : input
    const prepared = prepare(name, fields as OperationInput<Name>, withDefaults(defaults, own))
    const { data } = await sendChecked(transport, prepared, { signal })
    return data as OperationOutput<Name>
  }

  return {
    agreements: {
      create: (input, own) => call('agreements.create', input, own),
      get: (agreement_id, own) => call('agreements.get', {}, own, { agreement_id }),
      cancel: (agreement_id, own) => call('agreements.cancel', {}, own, { agreement_id }),
      createPayerToken: (agreement_id, input, own) => call('agreements.createPayerToken', input, own, { agreement_id }),
    },
    discounts: {
      validateCoupon: (input, own) => call('discounts.validateCoupon', input, own),
      create: (input, own) => call('discounts.create', input, own),
    },
    payments: {
      create: (input, own) => call('payments.create', input, own),
      get: (advanced_payment_id, own) => call('payments.get', {}, own, { advanced_payment_id }),
      search: (filters, own) => call('payments.search', filters, own),
      capture: (advanced_payment_id, input = {}, own) => call('payments.capture', input, own, { advanced_payment_id }),
      cancel: (advanced_payment_id, input = {}, own) => call('payments.cancel', input, own, { advanced_payment_id }),
      refund: (advanced_payment_id, input = {}, own) => call('payments.refund', input, own, { advanced_payment_id }),
      listRefunds: (advanced_payment_id, own) => call('payments.listRefunds', {}, own, { advanced_payment_id }),
    },
    notifications: {
      async resolve(notification, own) {
        const { resource, resourceId } = notification ?? {}
        if (typeof resourceId !== 'string') {
          const message = 'must be what verifyNotification or parseNotification returned'
          throw new InvalidInputError([{ path: 'notification', message }])
        }
        if (resource === 'agreement') {
          const agreement = await unlessUnknown(call('agreements.get', {}, own, { agreement_id: resourceId }))
          return { notification, agreement }
        }
        if (resource === 'advanced_payment') {
          const payment = await unlessUnknown(call('payments.get', {}, own, { advanced_payment_id: resourceId }))
          return { notification, payment }
        }
        if (resource !== 'payment') return { notification }
        if (resourceId === '') return { notification, payment: undefined }
        const { results } = await call('payments.search', { 'payment.id': resourceId }, own)
        const holdsIt = ({ payments }: AdvancedPayment): boolean =>
          (payments ?? []).some(({ id }) => id != null && String(id) === resourceId)
        return { notification, payment: results.find(holdsIt) }
      },
    },
    prepare: boundPrepare,
    send: boundSend,
    reconcile: ((prepared, own) => reconcile(transport, prepared, own)) as WalletConnect['reconcile'],
  }
}

/** The resource; undefined if nobody has it, as for a notification that the dashboard simulates. */
async function unlessUnknown<Resource>(read: Promise<Resource>): Promise<Resource | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404) return undefined
    throw error
  }
}

/** Copies a plain object and refuses anything else: `refund(id, 25)` would spread to `{}`, which refunds everything. */
function copyPlain(path: string, value: unknown, example: string): object {
  try {
    if (isPlainObject(value)) return { ...value }
  } catch {
    // A getter of the value threw.
  }
  throw new InvalidInputError([{ path, message: `must be a plain object, such as ${example}` }])
}

/** Adds the client's defaults to a call's options. An option that is present but undefined does not switch off its default. */
function withDefaults(defaults: PrepareOptions, own: PrepareOptions): PrepareOptions {
  return { ...own, site: own.site ?? defaults.site, platformId: own.platformId ?? defaults.platformId }
}

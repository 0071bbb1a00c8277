import type { OperationName, PreparedRequest } from 'mercadopago-wallet-connect'
import { canonicalJson } from '../sealing/canonical-json.ts'
import { hexDigest } from '../sealing/digest.ts'
import { handleIn, readHandle, withPayerToken } from '../sealing/payer-token.ts'

type Body = Record<string, unknown> & { wallet_payment?: Record<string, unknown> }

/**
 * A digest of what a request asks for, not of how it is written: spaces and the order of keys do not count, nor a default that
 * is spelled out, nor a header that may differ when a browser repeats it, nor the key that a handle was sealed with.
 */
export async function fingerprintOf(request: PreparedRequest): Promise<string> {
  const handle = handleIn(request)
  const { user = '', agreement = '' } = handle === undefined ? {} : readHandle(handle)
  const { operation, path, body } = handle === undefined ? request : withPayerToken(request, '')
  return hexDigest(canonicalJson([operation, path, user, agreement, withoutDefaults(operation, JSON.parse(body ?? 'null'))]))
}

/** A body without the defaults that `prepare` leaves out if its caller does; it has filled in the others. */
function withoutDefaults(operation: OperationName, body: Body | null): Body | null {
  switch (operation) {
    case 'payments.create': {
      const { capture, wallet_payment, ...rest } = body ?? {}
      const { discount, ...undiscounted } = wallet_payment ?? {}
      const isDiscounted = Object.keys(discount ?? {}).length > 0
      return {
        ...rest,
        ...(capture !== true && { capture }),
        wallet_payment: { ...undiscounted, ...(isDiscounted && { discount }) },
      }
    }
    case 'payments.cancel': {
      const { capture: _, ...rest } = body ?? {}
      return { ...rest, status: 'cancelled' }
    }
    default:
      return body
  }
}

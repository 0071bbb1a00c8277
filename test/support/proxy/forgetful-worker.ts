import type { PreparedRequest } from 'mercadopago-wallet-connect'
import { Upstream as Careful } from '../../../playground/worker.ts'

export { default, Inbox, Ledger } from '../../../playground/worker.ts'

/** The proxy with a mistake, to show that the test sees it: each attempt has a key of its own. */
export class Upstream extends Careful {
  override send(prepared: PreparedRequest) {
    return super.send(withNewKey(prepared))
  }

  override settle(prepared: PreparedRequest) {
    return super.settle(withNewKey(prepared))
  }
}

function withNewKey(prepared: PreparedRequest): PreparedRequest {
  const idempotencyKey = crypto.randomUUID()
  return { ...prepared, idempotencyKey, headers: { ...prepared.headers, 'x-idempotency-key': idempotencyKey } }
}

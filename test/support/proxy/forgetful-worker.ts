import { UpstreamEntrypoint as ProductionUpstream } from '../../../playground/worker.ts'

export { default, Inbox, Ledger } from '../../../playground/worker.ts'

type Write = Parameters<ProductionUpstream['send']>[0]

/** The proxy with a mistake, to show that the test sees it: each attempt has a key of its own. */
export class UpstreamEntrypoint extends ProductionUpstream {
  override send(prepared: Write) {
    return super.send(withNewKey(prepared))
  }

  override settle(prepared: Write) {
    return super.settle(withNewKey(prepared))
  }
}

function withNewKey(prepared: Write): Write {
  const idempotencyKey = crypto.randomUUID()
  return { ...prepared, idempotencyKey, headers: { ...prepared.headers, 'x-idempotency-key': idempotencyKey } }
}

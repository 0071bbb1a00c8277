import type { WalletConnect } from '../client/wallet-connect.ts'
import { InvalidInputError, RefusedError, UnknownOutcomeError } from '../errors.ts'
import type { Pointer } from '../notifications/pointer.ts'
import { CANCELLED } from '../operations/payment-status.ts'
import { createSealer } from './seal.ts'
import type { LedgerStore, LinkRow } from './store.ts'

/** What links are made of. */
export interface LinksOptions {
  wallet: Pick<WalletConnect, 'agreements' | 'notifications'>
  /** Where the rows are kept; the ledger's own store will do. */
  store: LedgerStore
  /** `id:base64`, 32 bytes each, with spaces between several: the first seals, all of them open. */
  sealingKeys: string
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: () => number
}

/** How a buyer is linked. */
export type Link =
  /** The wallet can be charged with this token. It is a secret. */
  | { state: 'linked'; agreement_id: string; payer_token: string }
  /** The buyer has been sent to Mercado Pago and has not decided yet. */
  | { state: 'pending' }
  /** The buyer has refused. */
  | { state: 'refused' }
  /** The wallet was unlinked, here or in Mercado Pago. */
  | { state: 'unlinked' }
  /** The answer with the payer token was lost, and Mercado Pago gives it once: link again. */
  | { state: 'lost' }
  | { state: 'none' }

/** What came of a return to your page: the link; or somebody else's agreement, as after following another person's link. */
export type Return = { buyer: string; link: Link } | { state: 'stranger' }

/** The links of buyers to their wallets: an agreement and a payer token each. */
export interface Links {
  /**
   * Begins to link a buyer: send the browser to `redirect_uri`, and keep `session` where only this browser has it, such as an
   * HttpOnly cookie. It takes the place of a link that the buyer had.
   *
   * @throws the errors of `agreements.create`
   */
  start(buyer: string, options: { return_uri: string }): Promise<{ redirect_uri: string; session: string }>
  /**
   * Ends it, on the page that the buyer returns to. Safe to call again, as when the page is loaded twice.
   *
   * @param request the request of the return, or its address
   * @param session what `start` gave for this browser
   * @throws the errors of reads, after which it may be called again
   */
  finish(request: Request | string, session: string): Promise<Return>
  /** How a buyer is linked. */
  get(buyer: string): Promise<Link>
  /** Unlinks the wallet in Mercado Pago too. @throws the errors of `agreements.cancel` */
  unlink(buyer: string): Promise<void>
  /**
   * Reads what a verified notification is about, and unlinks whose agreement has ended.
   *
   * @returns the buyer and the link; undefined if the notification is about nobody's agreement
   */
  applyNotification(notification: Pointer): Promise<{ buyer: string; link: Link } | undefined>
}

/** An exchange that has not ended by then died with its process. */
const EXCHANGE_MS = 60_000
const ENDED: readonly string[] = CANCELLED.concat('expired')

/**
 * Makes links over a store.
 *
 * @throws {InvalidInputError} the sealing keys are missing or malformed
 */
export function createLinks({ wallet, store, sealingKeys, now = Date.now }: LinksOptions): Links {
  const sealer = createSealer(sealingKeys)
  let migrated: Promise<void> | undefined
  const ready = (): Promise<void> => {
    migrated ??= store.migrate().catch((error) => {
      migrated = undefined
      throw error
    })
    return migrated
  }

  /** Changes a row, if nobody else has. */
  async function change(row: LinkRow, changes: Partial<LinkRow>): Promise<LinkRow | undefined> {
    const next = { ...row, ...changes, changedAt: now(), version: row.version + 1 }
    return (await store.putLink(next)) ? next : undefined
  }

  async function toLink(row: LinkRow | undefined): Promise<Link> {
    if (!row) return { state: 'none' }
    switch (row.state) {
      case 'linked': {
        const payer_token =
          row.token === null ? undefined : await sealer.open(row.token, ['payer token', row.buyer, row.agreementId])
        return payer_token === undefined ? { state: 'lost' } : { state: 'linked', agreement_id: row.agreementId, payer_token }
      }
      case 'started':
        return { state: 'pending' }
      case 'exchanging':
        return { state: now() - row.changedAt < EXCHANGE_MS ? 'pending' : 'lost' }
      default:
        return { state: row.state }
    }
  }

  /** Exchanges the code for the payer token, once. */
  async function exchange(row: LinkRow, hasCode: boolean): Promise<LinkRow> {
    const agreement = await wallet.agreements.get(row.agreementId)
    const { validation_code: code } = agreement
    // After a refusal the buyer comes back without a code.
    if (!code) return hasCode ? row : ((await change(row, { state: 'refused' })) ?? row)
    const taken = await change(row, { state: 'exchanging' })
    // Somebody else exchanges it, such as a second load of the page.
    if (!taken) return (await store.findLink(row.buyer)) ?? row
    try {
      const { payer_token } = await wallet.agreements.createPayerToken(row.agreementId, { code })
      const token = await sealer.seal(payer_token, ['payer token', row.buyer, row.agreementId])
      return (await change(taken, { state: 'linked', token })) ?? taken
    } catch (error) {
      // A refusal of the code means that it was exchanged before, and that the answer is lost.
      const isOfCode = error instanceof RefusedError && error.status !== 401 && error.status !== 403
      const isLost = error instanceof UnknownOutcomeError || isOfCode
      const ended = await change(taken, { state: isLost ? 'lost' : 'started' })
      if (isLost && ended) return ended
      throw error
    }
  }

  return {
    async start(buyer, { return_uri }) {
      if (typeof buyer !== 'string' || buyer === '')
        throw new InvalidInputError([{ path: 'buyer', message: 'must be your id of the buyer' }])
      await ready()
      const { agreement_id, agreement_uri } = await wallet.agreements.create({
        return_uri,
        external_flow_id: crypto.randomUUID(),
        external_user: { id: buyer },
      })
      for (;;) {
        const before = await store.findLink(buyer)
        const row = { buyer, state: 'started', agreementId: agreement_id, token: null, changedAt: now() } as const
        if (await store.putLink({ ...row, version: (before?.version ?? 0) + 1 })) break
      }
      return { redirect_uri: agreement_uri, session: agreement_id }
    },

    async finish(request, session) {
      await ready()
      const { searchParams } = new URL(typeof request === 'string' ? request : request.url, 'https://return.invalid')
      const row = searchParams.get('agreement') === session ? await store.findLinkOf(session) : undefined
      if (!row) return { state: 'stranger' }
      const isOpen = row.state === 'started' || row.state === 'refused'
      const ended = isOpen ? await exchange(row, searchParams.has('code')) : row
      return { buyer: ended.buyer, link: await toLink(ended) }
    },

    async get(buyer) {
      await ready()
      return toLink(await store.findLink(buyer))
    },

    async unlink(buyer) {
      await ready()
      const row = await store.findLink(buyer)
      if (!row || row.state === 'unlinked') return
      await wallet.agreements.cancel(row.agreementId)
      await change(row, { state: 'unlinked', token: null })
    },

    async applyNotification(notification) {
      await ready()
      if (notification.resource !== 'agreement') return undefined
      const row = await store.findLinkOf(notification.resourceId)
      if (!row) return undefined
      const { agreement } = await wallet.notifications.resolve(notification)
      const hasEnded = agreement !== undefined && ENDED.includes(agreement.status ?? '')
      const next = hasEnded && row.state !== 'unlinked' ? await change(row, { state: 'unlinked', token: null }) : row
      return { buyer: row.buyer, link: await toLink(next ?? row) }
    },
  }
}

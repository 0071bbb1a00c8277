import { utcSeconds } from '../world/clock.ts'
import { isObject, type Json, text } from '../world/json.ts'
import { checkFields } from '../world/known-fields.ts'
import type { AgreementRecord, Card } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { agreementError } from './api-error.ts'
import { announceAgreement } from './notification-rules.ts'
import { APPLICATION_ID, COLLECTOR_ID } from './seller.ts'

const FIRST_PAYER_ID = 786_547

const approvalUri = ({ rules }: World, id: string): string => `${rules.origin}/v1/wallet_agreement/${id}`

const isWebAddress = (uri: string): boolean => URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol)

/** `POST /v2/wallet_connect/agreements` */
export function createAgreement(world: World, body: Json): object {
  const { state, random, rules } = world
  checkAgreement(world, body)
  const id = random.hex(32)
  state.agreements[id] = {
    id,
    status: 'pending',
    createdAt: state.now,
    canceledAt: null,
    expiresAt: endOf(world, rules.agreementLifetimeMs),
    returnUri: returnUriOf(world, body),
    externalFlowId: text(body.external_flow_id) || null,
    externalUser: body.external_user as AgreementRecord['externalUser'],
    agreementData: isObject(body.agreement_data) ? body.agreement_data : null,
    code: null,
    codeExpiresAt: null,
    payerToken: null,
    card: null,
  }
  world.schedule(rules.agreementLifetimeMs, { kind: 'expire_agreement', agreement: id })
  const isAlias = body.return_uri === undefined || body.return_uri === null
  world.record({ kind: 'agreement_created', agreement_id: id, ...(isAlias && { alias: 'return_url' }) })
  return { agreement_id: id, agreement_uri: approvalUri(world, id) }
}

/** The value of `return_uri`, or of its old name `return_url`. */
const returnUriOf = ({ rules }: World, body: Json): string =>
  text(body.return_uri ?? (rules.acceptReturnUrl ? body.return_url : undefined))

/** An error with its CamelCase code, unless the rules leave codes out. */
const refusal = ({ rules }: World, message: string, code: string | undefined) =>
  agreementError(400, message, rules.agreementErrorCodes ? code : undefined)

/** The end of a time that begins now; null: never. */
const endOf = ({ state }: World, lifetimeMs: number): number | null =>
  Number.isFinite(lifetimeMs) ? state.now + lifetimeMs : null

function checkAgreement(world: World, body: Json): void {
  const { requireExternalFlowId, lengthLimits, redirectUris } = world.rules
  const [longestUri, longestFlowId] = lengthLimits === 'newer' ? [2048, 64] : [300, 300]
  const refuse = (message: string, code?: string) => refusal(world, message, code)
  const tooLong = (field: string, limit: number, code: string) =>
    refuse(`Field ${field} must not be grater than ${limit} characters`, code)
  const returnUri = returnUriOf(world, body)
  const externalFlowId = text(body.external_flow_id)
  const data = isObject(body.agreement_data) ? body.agreement_data : {}

  if (!returnUri) throw refuse('Field return_uri is required', 'ReturnUriNull')
  if (returnUri.length > longestUri) throw tooLong('return_uri', longestUri, 'ReturnUriTooLong')
  const isRegistered = redirectUris?.some((beginning) => returnUri.startsWith(beginning)) ?? true
  if (!isRegistered) throw refuse('Field return_uri must begin as a registered one', 'RedirectUriMismatch')
  if (!isWebAddress(returnUri)) throw refuse('Field return_uri must be a web address', 'RedirectUriMismatch')
  if (!externalFlowId && requireExternalFlowId) throw refuse('Field external_flow_id is required')
  if (externalFlowId.length > longestFlowId) throw tooLong('external_flow_id', longestFlowId, 'ExternalFlowIdTooLong')
  if (!isObject(body.external_user)) throw refuse('Field external_user must not be blank', 'ExternalUserNull')
  if (!text(body.external_user.id)) throw refuse('Field id must not be blank')
  if (text(data.description).length > 256) throw tooLong('description', 256, 'AgreementDataDescriptionInvalid')
}

function requireAgreement(world: World, id: string, message = 'The Agreement with that id'): AgreementRecord {
  if (id.length > 32) throw agreementError(400, 'Parameter agreementId has more than 32 characters')
  if (!/^[a-zA-Z0-9]+$/.test(id)) throw agreementError(400, 'Parameter agreement_id must be an alfanumeric value')
  const agreement = world.state.agreements[id]
  if (!agreement) throw agreementError(404, message)
  return agreement
}

/** `GET /v2/wallet_connect/agreements/{agreement_id}` */
export function getAgreement(world: World, id: string): object {
  const { rules } = world
  const agreement = requireAgreement(world, id)
  const canceled = agreement.canceledAt === null ? null : utcSeconds(agreement.canceledAt)
  return {
    id,
    date_created: utcSeconds(agreement.createdAt),
    ...(rules.cancelDate !== 'date_cancelled' && { date_canceled: canceled }),
    ...(rules.cancelDate !== 'date_canceled' && { date_cancelled: canceled }),
    date_expire: agreement.expiresAt === null ? null : utcSeconds(agreement.expiresAt),
    ...(agreement.code && { [rules.codeName]: agreement.code }),
    approval_uri: approvalUri(world, id),
    redirect_uri: agreement.returnUri,
    status: shownStatus(world, agreement),
    external_flow_id: agreement.externalFlowId,
    external_user: agreement.externalUser,
    agreement_data: agreement.agreementData,
    site_id: rules.site,
    application_id: APPLICATION_ID,
    collector_id: COLLECTOR_ID,
    model_version: 2,
  }
}

/** The status, by the name that the rules give it. */
export function shownStatus({ rules }: World, { status }: AgreementRecord): string {
  const { unconfirmedStatus, confirmedStatus, expiredStatus } = rules
  return { pending: unconfirmedStatus, confirmed_by_user: confirmedStatus, expired: expiredStatus, cancelled: 'cancelled' }[
    status
  ]
}

/** `DELETE /v2/wallet_connect/agreements/{agreement_id}`, and the buyer's unlinking. Changes nothing if the agreement is cancelled. */
export function cancelAgreement(world: World, id: string): object | undefined {
  const agreement = requireAgreement(world, id)
  if (agreement.status === 'cancelled' && world.rules.cancelTwice === 'refused') {
    throw agreementError(400, 'The agreement is cancelled')
  }
  if (agreement.status !== 'cancelled') {
    end(world, agreement, 'cancelled')
    agreement.canceledAt = world.state.now
    world.record({ kind: 'agreement_cancelled', agreement_id: id })
    announceAgreement(world, id, 'status.updated', 'cancelled')
  }
  return world.rules.deleteBody === 'object' ? {} : undefined
}

/** Ends an agreement at its `date_expire`. */
export function expireAgreement(world: World, id: string): void {
  const agreement = world.state.agreements[id]
  if (agreement?.status !== 'pending' && agreement?.status !== 'confirmed_by_user') return
  end(world, agreement, 'expired')
  world.record({ kind: 'agreement_expired', agreement_id: id })
}

function end(world: World, agreement: AgreementRecord, status: 'cancelled' | 'expired'): void {
  agreement.status = status
  const buyer = world.buyer(agreement.externalUser.id)
  if (buyer.agreement === agreement.id) buyer.agreement = null
}

/** `POST /v2/wallet_connect/agreements/{agreement_id}/payer_token`: a code works once, and only for a while. */
export function createPayerToken(world: World, id: string, body: Json): object {
  const { state, rules } = world
  const agreement = requireAgreement(world, id, 'The agreement_id does not exist')
  const { status, code, codeExpiresAt, payerToken } = agreement
  if (!text(body.code)) throw refusal(world, 'Parameter code is required', 'CodeMissing')
  const isLate = codeExpiresAt !== null && codeExpiresAt <= state.now
  const isUsed = payerToken !== null && rules.codeReuse === 'refused'
  if (status !== 'confirmed_by_user' || body.code !== code || isLate || isUsed) {
    throw refusal(world, 'Parameter code is not valid', 'CodeMismatch')
  }
  if (payerToken !== null) return { payer_token: payerToken }
  const token = world.random.hex(64)
  agreement.payerToken = token
  state.payerTokens[token] = id
  world.record({ kind: 'payer_token_created', agreement_id: id })
  return { payer_token: token }
}

/** The agreement of a payer token that can be charged. */
export function findPayer({ state }: World, token: unknown): AgreementRecord | undefined {
  const agreement = state.agreements[state.payerTokens[text(token)] ?? '']
  return agreement?.status === 'confirmed_by_user' ? agreement : undefined
}

/** Approves as the buyer, who can only have one active agreement. */
export function approveAgreement(world: World, id: string, card?: Card): { code: string; redirect_uri: string } {
  const { state, rules } = world
  if (card !== undefined) checkCard(card)
  const agreement = requirePending(world, id)
  const buyer = world.buyer(agreement.externalUser.id)
  if (rules.oneAgreementPerUser && buyer.agreement !== null) {
    throw agreementError(400, `The user has an active agreement: ${buyer.agreement}`)
  }
  const wanted = world.toMinor(Number(agreement.agreementData?.validation_amount ?? 0)) ?? 0
  if (rules.enforceValidationAmount && !card && wanted > world.balanceOf(agreement.externalUser.id)) {
    throw agreementError(400, 'The balance does not cover validation_amount: the buyer has to add a card')
  }
  const code = world.random.hex(64)
  agreement.status = 'confirmed_by_user'
  agreement.code = code
  agreement.codeExpiresAt = endOf(world, rules.codeLifetimeMs)
  agreement.card = card ? { ...card } : null
  buyer.agreement = id
  buyer.payerId ??= FIRST_PAYER_ID + state.payers++
  world.record({ kind: 'agreement_confirmed', agreement_id: id })
  announceAgreement(world, id, 'status.updated', shownStatus(world, agreement))
  return { code, redirect_uri: redirectUri(world, agreement, code) }
}

/** Refuses as the buyer, and redirects to the seller without a code. */
export function refuseAgreement(world: World, id: string): { redirect_uri: string } {
  const agreement = requirePending(world, id)
  world.record({ kind: 'agreement_refused', agreement_id: id })
  if (world.rules.refusal === 'cancels') cancelAgreement(world, id)
  return { redirect_uri: redirectUri(world, agreement) }
}

/** Changes or removes the buyer's second payment method. The notification only says that it changed. */
export function changePaymentMethod(world: World, id: string, card: Card | null): void {
  if (card !== null) checkCard(card)
  const agreement = findForBuyer(world, id)
  if (agreement.status !== 'confirmed_by_user') throw agreementError(400, `The agreement is ${shownStatus(world, agreement)}`)
  agreement.card = card && { ...card }
  world.record({ kind: 'payment_method_updated', agreement_id: id })
  announceAgreement(world, id, 'payment_method.updated')
}

function requirePending(world: World, id: string): AgreementRecord {
  const agreement = findForBuyer(world, id)
  if (agreement.status === 'pending') return agreement
  throw agreementError(400, `The agreement is ${shownStatus(world, agreement)}: the buyer has decided already`)
}

/** The agreement for what the buyer does. The error is for developers: the API never sends it. */
function findForBuyer({ state }: World, id: string): AgreementRecord {
  const agreement = state.agreements[id]
  if (!agreement) throw agreementError(404, `There is no agreement ${id}`)
  return agreement
}

/** @throws {TypeError} it is not a card */
function checkCard(card: Card): void {
  checkFields('A card', card, ['payment_type_id', 'payment_method_id', 'limit'])
  const { payment_type_id, payment_method_id, limit = 0 } = card
  if (payment_type_id !== 'credit_card' && payment_type_id !== 'debit_card') {
    throw new TypeError('payment_type_id must be credit_card or debit_card')
  }
  if (typeof payment_method_id !== 'string' || payment_method_id === '') {
    throw new TypeError('payment_method_id must be the name of a card, such as visa')
  }
  if (!(Number.isFinite(limit) && limit >= 0)) throw new TypeError('limit must be an amount, 0 or more; leave it out for none')
}

function redirectUri({ rules }: World, { returnUri, id, externalFlowId }: AgreementRecord, code?: string): string {
  const url = new URL(returnUri)
  if (code) url.searchParams.set('code', code)
  url.searchParams.set('agreement', id)
  if (rules.returnExternalFlowId && externalFlowId) url.searchParams.set('external_flow_id', externalFlowId)
  return url.href
}

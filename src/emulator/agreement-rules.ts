import { agreementError } from './api-error.ts'
import { utcSeconds } from './clock.ts'
import type { AgreementRecord } from './state.ts'
import type { World } from './world.ts'

type Json = Record<string, unknown>

const approvalUri = ({ rules }: World, id: string): string => `${rules.origin}/v1/wallet_agreement/${id}`

const APPLICATION_ID = 1234567890123456
export const COLLECTOR_ID = 783789745

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const isWebAddress = (uri: string): boolean => URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol)

/** `POST /v2/wallet_connect/agreements` */
export function createAgreement(world: World, body: Json): object {
  const returnUri = text(body.return_uri ?? body.return_url)
  const externalFlowId = text(body.external_flow_id)
  const user = isObject(body.external_user) ? body.external_user : undefined
  if (!returnUri) throw agreementError(400, 'Field return_uri is required', 'ReturnUriNull')
  if (returnUri.length > 2048)
    throw agreementError(400, 'Field return_uri must not be grater than 2048 characters', 'ReturnUriTooLong')
  if (!isWebAddress(returnUri)) throw agreementError(400, 'Field return_uri must be a web address', 'RedirectUriMismatch')
  if (!externalFlowId) throw agreementError(400, 'Field external_flow_id is required')
  if (externalFlowId.length > 64) {
    throw agreementError(400, 'Field external_flow_id must not be grater than 64 characters', 'ExternalFlowIdTooLong')
  }
  if (!user) throw agreementError(400, 'Field external_user must not be blank', 'ExternalUserNull')
  if (!text(user.id)) throw agreementError(400, 'Field id must not be blank')
  const data = isObject(body.agreement_data) ? body.agreement_data : null
  if (text(data?.description).length > 256) {
    throw agreementError(400, 'Field description must not be grater than 256 characters', 'AgreementDataDescriptionInvalid')
  }

  const { state, random, rules } = world
  const id = random.hex(32)
  state.agreements[id] = {
    id,
    status: 'pending',
    createdAt: state.now,
    canceledAt: null,
    expiresAt: state.now + rules.agreementLifetimeMs,
    returnUri,
    externalFlowId,
    externalUser: user as AgreementRecord['externalUser'],
    agreementData: data,
    code: null,
    payerToken: null,
  }
  world.record({ kind: 'agreement_created', agreement_id: id })
  return { agreement_id: id, agreement_uri: approvalUri(world, id) }
}

/** The agreement of this id, its expiry applied. */
export function findAgreement(world: World, id: string): AgreementRecord | undefined {
  const agreement = world.state.agreements[id]
  if (agreement && agreement.status !== 'cancelled' && agreement.expiresAt <= world.state.now) agreement.status = 'expired'
  return agreement
}

function requireAgreement(world: World, id: string, message = 'The Agreement with that id'): AgreementRecord {
  if (id.length > 32) throw agreementError(400, 'Parameter agreementId has more than 32 characters')
  if (!/^[a-zA-Z0-9]+$/.test(id)) throw agreementError(400, 'Parameter agreement_id must be an alfanumeric value')
  const agreement = findAgreement(world, id)
  if (!agreement) throw agreementError(404, message)
  return agreement
}

/** `GET /v2/wallet_connect/agreements/{agreement_id}` */
export function getAgreement(world: World, id: string): object {
  const agreement = requireAgreement(world, id)
  return {
    id,
    date_created: utcSeconds(agreement.createdAt),
    date_canceled: agreement.canceledAt === null ? null : utcSeconds(agreement.canceledAt),
    date_expire: utcSeconds(agreement.expiresAt),
    ...(agreement.code && { validation_code: agreement.code }),
    approval_uri: approvalUri(world, id),
    redirect_uri: agreement.returnUri,
    status: agreement.status,
    external_flow_id: agreement.externalFlowId,
    external_user: agreement.externalUser,
    agreement_data: agreement.agreementData,
    site_id: world.rules.site,
    application_id: APPLICATION_ID,
    collector_id: COLLECTOR_ID,
    model_version: 2,
  }
}

/** `DELETE /v2/wallet_connect/agreements/{agreement_id}`, and the buyer's unlinking. A second time changes nothing. */
export function cancelAgreement(world: World, id: string): undefined {
  const agreement = requireAgreement(world, id)
  if (agreement.status === 'cancelled') return
  agreement.status = 'cancelled'
  agreement.canceledAt = world.state.now
  world.record({ kind: 'agreement_cancelled', agreement_id: id })
}

/** `POST /v2/wallet_connect/agreements/{agreement_id}/payer_token`: a code works once. */
export function createPayerToken(world: World, id: string, body: Json): object {
  const agreement = requireAgreement(world, id, 'The agreement_id does not exist')
  const isUsable = agreement.status === 'confirmed_by_user' && agreement.payerToken === null
  if (!text(body.code)) throw agreementError(400, 'Parameter code is required', 'CodeMissing')
  if (!isUsable || body.code !== agreement.code) throw agreementError(400, 'Parameter code is not valid', 'CodeMismatch')
  agreement.payerToken = world.random.hex(64)
  world.record({ kind: 'payer_token_created', agreement_id: id })
  return { payer_token: agreement.payerToken }
}

/** The buyer approves. One active agreement per buyer: a second one is not approved while the first lives. */
export function approveAgreement(world: World, id: string): { code: string; redirect_uri: string } {
  const agreement = requirePending(world, id)
  const active = Object.values(world.state.agreements).find(
    ({ id, externalUser }) =>
      externalUser.id === agreement.externalUser.id && findAgreement(world, id)?.status === 'confirmed_by_user',
  )
  if (active) throw agreementError(400, `The user has an active agreement: ${active.id}`)
  const code = world.random.hex(64)
  agreement.status = 'confirmed_by_user'
  agreement.code = code
  world.record({ kind: 'agreement_confirmed', agreement_id: id })
  return { code, redirect_uri: redirectUri(agreement, code) }
}

/** The buyer refuses: back to the seller without a code, the agreement stays unconfirmed. */
export function refuseAgreement(world: World, id: string): { redirect_uri: string } {
  const agreement = requirePending(world, id)
  world.record({ kind: 'agreement_refused', agreement_id: id })
  return { redirect_uri: redirectUri(agreement) }
}

function requirePending(world: World, id: string): AgreementRecord {
  const agreement = requireAgreement(world, id)
  if (agreement.status !== 'pending') throw agreementError(400, `The agreement is ${agreement.status}`)
  return agreement
}

function redirectUri({ returnUri, id }: AgreementRecord, code?: string): string {
  const url = new URL(returnUri)
  if (code) url.searchParams.set('code', code)
  url.searchParams.set('agreement', id)
  return url.href
}

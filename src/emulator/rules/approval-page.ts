import type { WireRequest } from '../world/state.ts'
import type { WireResponse } from '../world/wire-response.ts'
import type { World } from '../world/world.ts'
import { approveAgreement, refuseAgreement, shownStatus } from './agreement-rules.ts'
import { ApiError } from './api-error.ts'

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const page = (status: number, body: string): WireResponse => ({
  status,
  text: `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Wallet Connect emulator</title>${body}</html>`,
  headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'" },
})

/** The page where the buyer approves or refuses, and then the redirect to the seller. */
export function approvalPage(world: World, { method, text }: WireRequest, id: string): WireResponse {
  const agreement = world.state.agreements[id]
  if (!agreement) return page(404, '<h1>There is no such agreement</h1>')
  if (method === 'POST') return decide(world, id, new URLSearchParams(text).get('decision'))
  if (agreement.status !== 'pending') return page(200, `<h1>This agreement is ${escapeHtml(shownStatus(world, agreement))}</h1>`)
  const { id: user, description } = agreement.externalUser
  const label = typeof description === 'string' ? description : ''
  return page(
    200,
    `<h1>Link your wallet?</h1><p>Here the buyer would be in Mercado Pago; this is its emulator.</p><p>The seller knows you as ${escapeHtml(user)} ${escapeHtml(label)}</p>` +
      '<form method="post"><button name="decision" value="approve">Approve</button> ' +
      '<button name="decision" value="refuse">Refuse</button></form>',
  )
}

function decide(world: World, id: string, decision: string | null): WireResponse {
  if (decision !== 'approve' && decision !== 'refuse') return page(400, '<h1>Approve or refuse</h1>')
  try {
    const { redirect_uri } = decision === 'approve' ? approveAgreement(world, id) : refuseAgreement(world, id)
    return { status: 302, text: '', headers: { location: redirect_uri } }
  } catch (error) {
    if (error instanceof ApiError) return page(error.status, `<h1>${escapeHtml(error.message)}</h1>`)
    throw error
  }
}

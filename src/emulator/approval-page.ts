import { approveAgreement, findAgreement, refuseAgreement } from './agreement-rules.ts'
import { ApiError } from './api-error.ts'
import type { World } from './world.ts'

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const page = (status: number, body: string): Response =>
  new Response(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Wallet Connect emulator</title>${body}</html>`, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
    },
  })

/** The page in Mercado Pago where the buyer approves or refuses, then the redirect to the seller. */
export async function approvalPage(world: World, request: Request, id: string): Promise<Response> {
  const agreement = findAgreement(world, id)
  if (!agreement) return page(404, '<h1>There is no such agreement</h1>')
  if (request.method === 'POST') {
    const decision = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer())).get('decision')
    if (decision !== 'approve' && decision !== 'refuse') return page(400, '<h1>Approve or refuse</h1>')
    try {
      const { redirect_uri } = decision === 'approve' ? approveAgreement(world, id) : refuseAgreement(world, id)
      return new Response(null, { status: 302, headers: { location: redirect_uri } })
    } catch (error) {
      if (error instanceof ApiError) return page(error.status, `<h1>${escapeHtml(error.message)}</h1>`)
      throw error
    }
  }
  if (agreement.status !== 'pending') return page(200, `<h1>This agreement is ${escapeHtml(agreement.status)}</h1>`)
  const { id: user, description } = agreement.externalUser
  const label = typeof description === 'string' ? description : ''
  return page(
    200,
    `<h1>Link your wallet?</h1><p>The seller knows you as ${escapeHtml(user)} ${escapeHtml(label)}</p>` +
      '<form method="post"><button name="decision" value="approve">Approve</button> ' +
      '<button name="decision" value="refuse">Refuse</button></form>',
  )
}

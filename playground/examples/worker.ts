/**
 * `npm run example -- worker`, then open the address that it prints: a shop in a Worker. The buyer is sent to approve, comes
 * back to `/linked`, and is charged once.
 */
import { createWalletConnect, idempotencyKeyFrom, isApproved, isWalletConnectError } from 'mercadopago-wallet-connect'
import { createEmulator, type Emulator } from 'mercadopago-wallet-connect/emulator'

interface Env {
  /** Without an access token the emulator is used, in the same Worker. */
  MERCADOPAGO_ACCESS_TOKEN?: string
  MERCADOPAGO_BASE_URL?: string
  /** The address registered for the application; default: `/linked` of this Worker. */
  MERCADOPAGO_RETURN_URI?: string
}

/** One emulator for all requests of this isolate. */
let emulator: Emulator | undefined

export default {
  async fetch(request, env) {
    const { origin, pathname, searchParams } = new URL(request.url)
    const { MERCADOPAGO_ACCESS_TOKEN: accessToken, MERCADOPAGO_BASE_URL: baseURL } = env
    if (!accessToken) emulator ??= createEmulator({ origin })
    const wallet = createWalletConnect(
      accessToken
        ? { accessToken, ...(baseURL && { baseURL }) }
        : { accessToken: 'TEST-emulator', ...(emulator && { fetch: emulator.fetch }) },
    )
    try {
      if (pathname === '/') {
        const { agreement_id, agreement_uri } = await wallet.agreements.create({
          return_uri: env.MERCADOPAGO_RETURN_URI ?? `${origin}/linked`,
          external_flow_id: crypto.randomUUID(),
          external_user: { id: `buyer-${crypto.randomUUID()}` },
        })
        const cookie = `agreement=${agreement_id}; Path=/; HttpOnly; SameSite=Lax`
        return new Response(null, { status: 302, headers: { location: agreement_uri, 'set-cookie': cookie } })
      }
      if (pathname === '/linked') {
        const { agreement = '', code = '' } = Object.fromEntries(searchParams)
        // A link from somebody else would make this buyer pay with that person's wallet.
        const started = /(?:^|; )agreement=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1]
        if (agreement !== started) return new Response('This link was not started here', { status: 403 })
        const { payer_token } = await wallet.agreements.createPayerToken(agreement, { code })
        const reference = `order-${agreement}`
        const keyParts = { account: 'my-shop', operation: 'payments.create', reference, attempt: 1 }
        const payment = await wallet.payments.create(
          {
            wallet_payment: { transaction_amount: '10.00', description: 'An example', external_reference: reference },
            payer: { token: payer_token },
          },
          { idempotencyKey: await idempotencyKeyFrom(keyParts) },
        )
        return Response.json({ id: payment.id, status: payment.status, paid: isApproved(payment) })
      }
    } catch (error) {
      // The error has no token and no code in it.
      return Response.json(isWalletConnectError(error) ? error : { message: 'failed' }, { status: 502 })
    }
    // The page where the buyer approves.
    return emulator?.fetch(request) ?? new Response(null, { status: 404 })
  },
} satisfies ExportedHandler<Env>

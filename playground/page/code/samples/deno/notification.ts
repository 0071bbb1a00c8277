import { createWalletConnect } from 'npm:mercadopago-wallet-connect'
import { verifyNotification } from 'npm:mercadopago-wallet-connect/notifications'

const { MERCADOPAGO_ACCESS_TOKEN = '', HOOK_SECRET = '' } = Deno.env.toObject()
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
Deno.serve(async (request) => {
  const event = await verifyNotification(request, { secrets: HOOK_SECRET })
    .then(wallet.notifications.resolve).catch(() => undefined) // trust only what it reads
  console.log(event?.notification.eventKey, (event?.agreement ?? event?.payment)?.status)
  return new Response(null, { status: event ? 200 : 500 }) // 500: it is sent again
})

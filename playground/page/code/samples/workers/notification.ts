import { createWalletConnect } from 'mercadopago-wallet-connect'
import { verifyNotification } from 'mercadopago-wallet-connect/notifications'

export default { async fetch(request, env) {
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  const event = await verifyNotification(request, { secrets: env.HOOK_SECRET })
    .then(wallet.notifications.resolve).catch(() => undefined) // trust only what it reads
  console.log(event?.notification.eventKey, (event?.agreement ?? event?.payment)?.status)
  return new Response(null, { status: event ? 200 : 500 }) // 500: it is sent again
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string; HOOK_SECRET: string }>

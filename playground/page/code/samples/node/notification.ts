import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { createWalletConnect } from 'mercadopago-wallet-connect'
import { verifyNotification } from 'mercadopago-wallet-connect/notifications'

const { MERCADOPAGO_ACCESS_TOKEN = '', HOOK_SECRET = '' } = process.env
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
createServer(async (incoming, response) => {
  const { url = '', headers } = incoming
  const request = { url, headers, body: Readable.toWeb(incoming) }
  const event = await verifyNotification(request, { secrets: HOOK_SECRET })
    .then(wallet.notifications.resolve).catch(() => undefined) // trust only what it reads
  console.log(event?.notification.eventKey, (event?.agreement ?? event?.payment)?.status)
  response.writeHead(event ? 200 : 500).end() // 500: it is sent again
}).listen(8080)

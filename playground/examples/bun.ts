/** `npm run example -- bun`: a wallet linked, charged, refunded and unlinked. */
import { createWalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { linkAndPay } from './link-and-pay.ts'

// With an access token this is Mercado Pago itself, or whatever stands at the base URL.
const { MERCADOPAGO_ACCESS_TOKEN: accessToken, MERCADOPAGO_BASE_URL: baseURL, MERCADOPAGO_RETURN_URI: return_uri } = Bun.env
const emulator = createEmulator()

await linkAndPay({
  wallet: createWalletConnect(
    accessToken ? { accessToken, ...(baseURL && { baseURL }) } : { accessToken: 'TEST-emulator', fetch: emulator.fetch },
  ),
  return_uri,
  // Only a person can approve in Mercado Pago; the return brings the code.
  approve: ({ agreement_id }) => (accessToken ? (prompt('code:') ?? '') : emulator.buyer.approve(agreement_id).code),
  print: console.log,
})

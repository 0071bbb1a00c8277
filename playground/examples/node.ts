/** `npm run example -- node`: links a wallet, charges it, refunds the payment and unlinks. */
import { createInterface } from 'node:readline/promises'
import { createWalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { linkAndPay } from './link-and-pay.ts'

// With an access token this is Mercado Pago itself, or the server at the base URL.
const { MERCADOPAGO_ACCESS_TOKEN: accessToken, MERCADOPAGO_BASE_URL: baseURL, MERCADOPAGO_RETURN_URI: return_uri } = process.env
const emulator = createEmulator()

await linkAndPay({
  wallet: createWalletConnect(
    accessToken ? { accessToken, ...(baseURL && { baseURL }) } : { accessToken: 'TEST-emulator', fetch: emulator.fetch },
  ),
  return_uri,
  // In Mercado Pago only a person can approve, and comes back with the code.
  approve: ({ agreement_id }) => (accessToken ? ask() : emulator.buyer.approve(agreement_id).code),
  print: console.log,
})

async function ask(): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return await terminal.question('code: ')
  } finally {
    terminal.close()
  }
}

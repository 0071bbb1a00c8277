/**
 * `npm run example -- browser`, then open the address that it prints. A page never has the access token: with one in the
 * environment vite adds it, and a ticket proves to vite that the request is this page's. Without one the emulator is in the page.
 */
import { createWalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { linkAndPay } from '../link-and-pay.ts'

declare const TICKET: string | null
declare const RETURN_URI: string | undefined

const output = document.querySelector('pre')
const print = (line: string): void => output?.append(`${line}\n`)
const emulator = TICKET ? undefined : createEmulator()
const proxy = { url: location.origin, ticket: TICKET ?? 'emulator' }
const wallet = createWalletConnect({ proxy, ...(emulator && { fetch: emulator.fetch }) })

const button = document.querySelector('button')
button?.addEventListener('click', async () => {
  button.disabled = true
  const approve = ({ agreement_id }: { agreement_id: string }): string =>
    emulator?.buyer.approve(agreement_id).code ?? prompt('The code that the return brings') ?? ''
  await linkAndPay({ wallet, return_uri: RETURN_URI, approve, print }).catch((error: unknown) => print(String(error)))
  button.disabled = false
})

import { createWalletConnect } from 'npm:mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '' } = Deno.env.toObject()
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [agreement = ''] = Deno.args
await wallet.agreements.cancel(agreement) // its payer token no longer works: delete it
const { status } = await wallet.agreements.get(agreement)
console.log({ agreement, status })

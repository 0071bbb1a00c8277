import { createWalletConnect } from 'mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '' } = Bun.env
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [agreement = ''] = Bun.argv.slice(2)
await wallet.agreements.cancel(agreement) // its payer token no longer works: delete it
const { status } = await wallet.agreements.get(agreement)
console.log({ agreement, status })

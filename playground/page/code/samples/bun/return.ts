import { createWalletConnect } from 'mercadopago-wallet-connect'
import { keep } from './shop.ts' // yours: a store that encrypts

const { MERCADOPAGO_ACCESS_TOKEN = '' } = Bun.env
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [buyer = '', pending = '', agreement = '', code = ''] = Bun.argv.slice(2)
// A buyer who followed a stranger's link would pay with the stranger's wallet.
if (agreement !== pending) throw new Error('Unexpected agreement')
const { payer_token } = await wallet.agreements.createPayerToken(agreement, { code })
await keep({ buyer, agreement, payer_token }) // it can charge the wallet: never show it
console.log('Linked.')

import { type AdvancedPayment, createWalletConnect, isApproved } from 'mercadopago-wallet-connect'

interface WalkthroughOptions {
  /** The address of the proxy. */
  origin: string
  clientKey: string
  print: (line: string) => void
}

/** Plays one seller and one buyer, from the agreement to a paid order, all through the proxy. */
export async function walkthrough({ origin, clientKey, print }: WalkthroughOptions): Promise<void> {
  const wallet = createWalletConnect({ accessToken: clientKey, baseURL: origin, site: 'MLA' })
  const step = (what: string, ...facts: string[]): void => print(`  ${what.padEnd(30)} ${facts.join('  ')}`)
  print(`\nOne payment through the edge Worker at ${origin}, with the emulator as Mercado Pago\n`)

  const agreement = await wallet.agreements.create({
    return_uri: 'https://shop.example/linked',
    external_flow_id: 'checkout-1',
    external_user: { id: 'buyer-1', description: 'Ana' },
  })
  const { agreement_id } = agreement
  step('agreement created', agreement_id)
  step('buyer opens', agreement.agreement_uri)
  const code = await approve(agreement.agreement_uri)
  const { status } = await wallet.agreements.get(agreement_id)
  step('buyer approves', String(status), `code ${shorten(code)}`)
  const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
  step('code exchanged', `payer token ${shorten(payer_token)}`)

  const charge = (amount: string, external_reference: string, capture = true): Promise<AdvancedPayment> =>
    wallet.payments.create({
      wallet_payment: { transaction_amount: amount, description: external_reference, external_reference },
      payer: { token: payer_token },
      capture,
    })

  const reserved = await charge('700.50', 'order-1', false)
  step('payment reserved', describe(reserved))
  step('captured', describe(await wallet.payments.capture(reserved.id)))
  const [refund] = await wallet.payments.refund(reserved.id, { amount: '200.25' })
  step('partly refunded', describe(await wallet.payments.get(reserved.id)), `refund ${refund?.id} of ARS ${refund?.amount}`)
  const rejected = await charge('250000', 'order-2')
  step('second payment', describe(rejected), String(rejected.payments?.[0]?.status_detail))
  const paid = await charge('125.98', 'order-3')
  step('third payment', describe(paid), isApproved(paid) ? 'paid' : 'not paid')

  print(`\nThe edge Worker listens on ${origin} and stays up; stop it with Ctrl+C.`)
  print('Open that address in a browser for a checkout and everything it sends over the wire.\n')
  print(
    "Mercado Pago's own example, ready to paste. First 201; again with the same key 200 and the same id; without the key 400:\n",
  )
  print(guideCurl(origin, clientKey, payer_token))
}

/** Does what the buyer does in the browser: presses "Approve", and is sent back to the shop with a code. */
async function approve(agreement_uri: string): Promise<string> {
  const body = new URLSearchParams({ decision: 'approve' })
  const response = await fetch(agreement_uri, { method: 'POST', body, redirect: 'manual' })
  const code = new URL(response.headers.get('location') ?? '').searchParams.get('code')
  if (!code) throw new Error('the buyer came back without a code')
  return code
}

const describe = ({ id, status, wallet_payment }: AdvancedPayment): string =>
  `${id}  ARS ${wallet_payment?.transaction_amount?.toFixed(2)}  ${status}`

const shorten = (secret: string): string => `${secret.slice(0, 6)}…`

/** The `curl` of the guide "Capturar pagamento", with host, key and payer token filled in. */
const guideCurl = (origin: string, clientKey: string, payerToken: string): string => `curl -X POST \\
    '${origin}/v1/advanced_payments' \\
    -H 'X-Idempotency-Key: IDEMPOTENCY_KEY' \\
    -H 'Authorization: Bearer ${clientKey}' \\
    -H 'accept: application/json' \\
    -H 'content-type: application/json' \\
    -d '{
           "wallet_payment":{
              "transaction_amount":700.50,
              "description":"Payment Description",
              "external_reference":"Pago_123"
           },
           "payer":{
              "token":"${payerToken}",
              "type_token": "wallet-token"
            },
           "binary_mode": true
        }'
`

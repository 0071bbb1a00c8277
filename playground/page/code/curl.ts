/** The requests of each step as curl sends them; what comes from outside is a variable of the shell. */
import type { Step } from './snippets.ts'

const API = 'https://api.mercadopago.com'
const AGREEMENTS = `${API}/v2/wallet_connect/agreements`
const PAYMENTS = `${API}/v1/advanced_payments`
const AUTHORIZED = `-H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN"`
const JSON_BODY = `-H 'Content-Type: application/json'`

const payment = (wallet_payment: string, switches: string, key = '$(uuidgen)'): string => `curl ${PAYMENTS} \\
  ${AUTHORIZED} \\
  -H "X-Idempotency-Key: ${key}" ${JSON_BODY} -d @- <<JSON
{
  "wallet_payment": ${wallet_payment},
  "payer": { "token": "$PAYER_TOKEN", "type_token": "wallet-token" }, ${switches}
}
JSON`

export const CURL: Record<Step, string> = {
  link: `# Answers agreement_id, to keep with the buyer, and agreement_uri, to send the buyer to.
curl ${AGREEMENTS} \\
  ${AUTHORIZED} \\
  ${JSON_BODY} -d @- <<JSON
{
  "return_uri": "https://shop.example/linked",
  "external_flow_id": "link-$BUYER",
  "external_user": { "id": "$BUYER" }
}
JSON`,
  return: `# The return brings the code, once; payer_token charges the wallet: store it encrypted.
curl "${AGREEMENTS}/$AGREEMENT/payer_token" \\
  ${AUTHORIZED} \\
  ${JSON_BODY} -d @- <<JSON
{ "code": "$CODE" }
JSON`,
  coupon: `curl ${API}/v2/wallet_connect/discounts \\
  ${AUTHORIZED} \\
  -H "X-Payer-Token: $PAYER_TOKEN" ${JSON_BODY} \\
  -d '{ "amount": 100, "coupon": "WALLET10" }'
# Pay at once, and repeat amount and detail as they were promised.
${payment(
  `{ "transaction_amount": 100, "discount": {
    "amount": 10, "description": "Ten off", "code": "WALLET10",
    "detail": { "value": 10, "type": "percentage", "cap": 50 } } }`,
  '"binary_mode": true',
)}`,
  pay: `# 201 does not mean paid: read status. The same order has the same key: keep it.
${payment('{ "transaction_amount": 700.50, "external_reference": "$ORDER" }', '"binary_mode": true', '$KEY')}`,
  lostAnswer: `KEY=$(uuidgen) # write it down before anything leaves
pay() { curl --fail-with-body ${PAYMENTS} \\
  ${AUTHORIZED} \\
  -H "X-Idempotency-Key: $KEY" ${JSON_BODY} -d @- <<JSON
{
  "wallet_payment": { "transaction_amount": 700.50, "external_reference": "$ORDER" },
  "payer": { "token": "$PAYER_TOKEN", "type_token": "wallet-token" },
  "binary_mode": true
}
JSON
}
# No answer? The same key and the same bytes again, then look the order up.
pay || pay || curl ${AUTHORIZED} \\
  "${PAYMENTS}/search?external_reference=$ORDER"`,
  reserve: `# authorized: the money is held. Keep the id, to capture or to cancel.
${payment('{ "transaction_amount": 700.50, "external_reference": "$ORDER" }', '"capture": false', '$KEY')}`,
  capture: `curl -X PUT "${PAYMENTS}/$ID" \\
  ${AUTHORIZED} \\
  ${JSON_BODY} \\
  -d '{ "capture": true }'`,
  cancel: `# For what is reserved or pending; what is paid is refunded.
curl -X PUT "${PAYMENTS}/$ID" \\
  ${AUTHORIZED} \\
  ${JSON_BODY} \\
  -d '{ "status": "cancelled" }'`,
  refund: `# Without a body: all that is left.
curl -X POST "${PAYMENTS}/$ID/refunds" \\
  ${AUTHORIZED} \\
  -H "X-Idempotency-Key: $(uuidgen)" ${JSON_BODY} \\
  -d '{ "amount": 200.25 }'`,
  unlink: `# Its payer token charges no more: delete it.
curl -X DELETE "${AGREEMENTS}/$AGREEMENT" \\
  ${AUTHORIZED}`,
  notification: `# Only Mercado Pago can sign one. Its data.id is the agreement: read it, then believe.
curl "${AGREEMENTS}/$DATA_ID" \\
  ${AUTHORIZED}
# With type=payment it is an inner payment: find what it belongs to.
curl "${PAYMENTS}/search?payment.id=$DATA_ID" \\
  ${AUTHORIZED}`,
}

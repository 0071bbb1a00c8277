/** The requests of each step as curl sends them; what comes from outside is a variable of the shell. */
import type { Step } from './steps.ts'

const API = 'https://api.mercadopago.com'
const AGREEMENTS = `${API}/v2/wallet_connect/agreements`
const PAYMENTS = `${API}/v1/advanced_payments`
const AUTHORIZED = `-H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN"`
const JSON_BODY = `-H 'Content-Type: application/json'`

/** A key is made once, before anything leaves, and kept: without one nothing is sent. */
const KEYED = `-H "X-Idempotency-Key: \${KEY:?}"`
const ONE_ORDER = '# KEY: kept with the order, from idempotencyKeyFrom. A new one only after a rejection.'

const payment = (switches: string): string => `curl ${PAYMENTS} \\
  ${AUTHORIZED} \\
  ${KEYED} ${JSON_BODY} -d @- <<JSON
{
  "wallet_payment": { "transaction_amount": $AMOUNT, "external_reference": "$ORDER" },
  "payer": { "token": "$PAYER_TOKEN", "type_token": "wallet-token" },
  ${switches}
}
JSON`

export const CURL: Record<Step, string> = {
  session: `# Answers a ticket for the page of this buyer: exactly this charge, once.
${ONE_ORDER}
curl https://proxy.example/sessions \\
  -H "Authorization: Bearer $PROXY_CLIENT_KEY" \\
  ${JSON_BODY} -d @- <<JSON
{
  "external_user": { "id": "$BUYER" }, "origin": "https://shop.example",
  "operations": ["payments.create", "payments.get"],
  "charge": {
    "amount": "$AMOUNT", "external_reference": "$ORDER", "idempotency_key": "\${KEY:?}"
  }
}
JSON`,
  link: `# Answers agreement_id, to keep as ASKED with the buyer, and where to send the buyer.
curl ${AGREEMENTS} \\
  ${AUTHORIZED} \\
  ${JSON_BODY} -d @- <<JSON
{
  "return_uri": "https://shop.example/linked",
  "external_flow_id": "link-$BUYER",
  "external_user": { "id": "$BUYER" }
}
JSON`,
  return: `# Sent here by a stranger's link, the buyer would pay with the stranger's wallet.
[ "\${AGREEMENT:?}" = "$ASKED" ] &&
curl -f \\
  "${AGREEMENTS}/$AGREEMENT/payer_token" \\
  ${AUTHORIZED} \\
  ${JSON_BODY} -d @- <<JSON |
{ "code": "$CODE" }
JSON
gpg --encrypt --recipient "$SHOP" --output "$BUYER.gpg" # payer_token charges the wallet`,
  coupon: `# It holds for seconds. Pay at once, and repeat amount and detail as they were promised:
# "wallet_payment": { "transaction_amount": 100, …, "discount": {
#   "amount": 10, "description": "Ten off", "code": "WALLET10",
#   "detail": { "value": 10, "type": "percentage", "cap": 50 } } }
curl ${API}/v2/wallet_connect/discounts \\
  ${AUTHORIZED} \\
  -H "X-Payer-Token: $PAYER_TOKEN" ${JSON_BODY} -d @- <<JSON
{ "amount": 100, "coupon": "WALLET10" }
JSON`,
  pay: `# 201 does not mean paid: read status.
${ONE_ORDER}
${payment('"binary_mode": true')}`,
  lostAnswer: `${ONE_ORDER}
pay() { ${payment('"binary_mode": true').replace('curl', 'curl --fail-with-body')}
}
# No answer? The same key and the same bytes again, then look the order up.
pay || pay || curl ${AUTHORIZED} \\
  "${PAYMENTS}/search?external_reference=$ORDER"`,
  reserve: `# authorized: the money is held. Keep the id, to capture or to cancel.
${ONE_ORDER}
${payment('"capture": false')}`,
  capture: `curl -X PUT "${PAYMENTS}/$ID" \\
  ${AUTHORIZED} \\
  ${JSON_BODY} \\
  -d '{ "capture": true }'`,
  cancel: `# For what is reserved or pending; what is paid is refunded.
curl -X PUT "${PAYMENTS}/$ID" \\
  ${AUTHORIZED} \\
  ${JSON_BODY} \\
  -d '{ "status": "cancelled" }'`,
  refund: `# Without a body: all that is left. Another refund of the same payment: raise the 1.
curl -X POST "${PAYMENTS}/$ID/refunds" \\
  ${AUTHORIZED} \\
  -H "X-Idempotency-Key: refund-\${ID:?}-1" ${JSON_BODY} \\
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

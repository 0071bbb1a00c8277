# authorized: the money is held. Keep the id, to capture or to cancel.
# KEY: stored with the order, from idempotencyKeyFrom. A new one only after a rejection.
curl https://api.mercadopago.com/v1/advanced_payments \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN" \
  -H "X-Idempotency-Key: ${KEY:?}" -H 'Content-Type: application/json' -d @- <<JSON
{
  "wallet_payment": { "transaction_amount": $AMOUNT, "external_reference": "$ORDER" },
  "payer": { "token": "$PAYER_TOKEN", "type_token": "wallet-token" },
  "capture": false
}
JSON

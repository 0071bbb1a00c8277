# KEY: stored with the order, from idempotencyKeyFrom. A new one only after a rejection.
pay() { curl --fail-with-body https://api.mercadopago.com/v1/advanced_payments \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN" \
  -H "X-Idempotency-Key: ${KEY:?}" -H 'Content-Type: application/json' -d @- <<JSON
{
  "wallet_payment": { "transaction_amount": $AMOUNT, "external_reference": "$ORDER" },
  "payer": { "token": "$PAYER_TOKEN", "type_token": "wallet-token" },
  "binary_mode": true
}
JSON
}
# No answer? Send the same key and bytes again, then look the order up.
pay || pay || curl -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN" \
  "https://api.mercadopago.com/v1/advanced_payments/search?external_reference=$ORDER"

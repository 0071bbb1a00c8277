# Returns a ticket for the page of this buyer: exactly this charge, once.
# KEY: stored with the order, from idempotencyKeyFrom. A new one only after a rejection.
curl https://proxy.example/sessions \
  -H "Authorization: Bearer $PROXY_CLIENT_KEY" \
  -H 'Content-Type: application/json' -d @- <<JSON
{
  "external_user": { "id": "$BUYER" }, "origin": "https://shop.example",
  "operations": ["payments.create", "payments.get"],
  "charge": {
    "amount": "$AMOUNT", "external_reference": "$ORDER", "idempotency_key": "${KEY:?}"
  }
}
JSON

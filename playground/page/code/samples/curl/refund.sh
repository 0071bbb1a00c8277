# Without a body: all that is left. For another refund of this payment, raise the 1.
curl -X POST "https://api.mercadopago.com/v1/advanced_payments/$ID/refunds" \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN" \
  -H "X-Idempotency-Key: refund-${ID:?}-1" -H 'Content-Type: application/json' \
  -d '{ "amount": 200.25 }'

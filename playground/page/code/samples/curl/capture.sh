curl -X PUT "https://api.mercadopago.com/v1/advanced_payments/$ID" \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN" \
  -H 'Content-Type: application/json' \
  -d '{ "capture": true }'

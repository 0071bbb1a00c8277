# Its payer token no longer works: delete it.
curl -X DELETE "https://api.mercadopago.com/v2/wallet_connect/agreements/$AGREEMENT" \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN"

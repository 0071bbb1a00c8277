# Only Mercado Pago can sign one. Its data.id names the agreement: trust what you read.
curl "https://api.mercadopago.com/v2/wallet_connect/agreements/$DATA_ID" \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN"
# With type=payment, data.id names an inner payment: find the one it belongs to.
curl "https://api.mercadopago.com/v1/advanced_payments/search?payment.id=$DATA_ID" \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN"

# Valid for seconds. Pay at once, and repeat amount and detail exactly as promised:
# "wallet_payment": { "transaction_amount": 100, …, "discount": {
#   "amount": 10, "description": "Ten off", "code": "WALLET10",
#   "detail": { "value": 10, "type": "percentage", "cap": 50 } } }
curl https://api.mercadopago.com/v2/wallet_connect/discounts \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN" \
  -H "X-Payer-Token: $PAYER_TOKEN" -H 'Content-Type: application/json' -d @- <<JSON
{ "amount": 100, "coupon": "WALLET10" }
JSON

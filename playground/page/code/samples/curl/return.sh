# A buyer who followed a stranger's link would pay with the stranger's wallet.
[ "${AGREEMENT:?}" = "$PENDING" ] &&
curl -f \
  "https://api.mercadopago.com/v2/wallet_connect/agreements/$AGREEMENT/payer_token" \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN" \
  -H 'Content-Type: application/json' -d @- <<JSON |
{ "code": "$CODE" }
JSON
gpg --encrypt --recipient "$SHOP" --output "$BUYER.gpg" # payer_token charges the wallet

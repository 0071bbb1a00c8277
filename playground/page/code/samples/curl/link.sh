# Returns agreement_id, to store with the buyer as PENDING, and where to send the buyer.
curl https://api.mercadopago.com/v2/wallet_connect/agreements \
  -H "Authorization: Bearer $MERCADOPAGO_ACCESS_TOKEN" \
  -H 'Content-Type: application/json' -d @- <<JSON
{
  "return_uri": "https://shop.example/linked",
  "external_flow_id": "link-$BUYER",
  "external_user": { "id": "$BUYER" }
}
JSON

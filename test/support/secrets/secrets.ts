/** Secrets for tests, each of them easily recognised where it must not be. */

export const ACCESS_TOKEN = 'APP_USR-4242-canary-of-the-seller'
export const FORMER_ACCESS_TOKEN = 'APP_USR-4242-former-canary-of-the-seller'
export const WEBHOOK_SECRET = 'canary-of-the-webhooks'
export const FORMER_WEBHOOK_SECRET = 'former-canary-of-the-webhooks'
export const EVENTS_SECRET = `whsec_${btoa('canary-of-the-events-to-the-shop')}`

export const CLIENT_KEYS = {
  shop: 'key-of-the-shop',
  other: 'key-of-the-other',
  operator: 'key-of-the-operator',
} as const
export const FORMER_CLIENT_KEY = 'former-key-of-the-shop'

/** SHA-256 of the keys above. */
const DIGESTS = {
  shop: 'd0ddc66349f3b4f5e52d479167db0408480e105b7813f91ffc99be06f9c63ffb',
  formerShop: '92747794a32c9fc36a61278ad5d4cf64e3f8a5020336abafbfee4748f7656e68',
  other: '0f7b7f2ed7967c5a8c5f1725740c9d3a37b31c1abf3c5e3ce32aafe778f29e66',
  operator: '783412ea72ec02831ef5bd1a566b7ea88fca0ef9af85e4f05ac68ef98cabe5d8',
}

export const CLIENTS = [
  {
    id: 'shop',
    keys: [DIGESTS.shop, DIGESTS.formerShop],
    origins: ['https://shop.example', 'https://www.shop.example'],
    return_uris: ['https://shop.example/linked', 'http://shop.example/linked'],
    events: { url: 'https://shop.example/events', secrets: [EVENTS_SECRET] },
  },
  {
    id: 'other',
    keys: [DIGESTS.other],
    origins: ['https://other.example', 'https://shop.example'],
    return_uris: ['https://other.example/linked', 'https://shop.example/linked'],
  },
  { id: 'operator', keys: [DIGESTS.operator], operations: [], operator: true },
]

/** 32 bytes of one value, in base64. */
export const TICKET_KEY = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE='
export const SEALING_KEY = 'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI='

export const SECRETS = {
  MERCADOPAGO_ACCESS_TOKEN: `${ACCESS_TOKEN} ${FORMER_ACCESS_TOKEN}`,
  CLIENTS: JSON.stringify(CLIENTS),
  TICKET_KEYS: `t1:${TICKET_KEY}`,
  SEALING_KEYS: `s1:${SEALING_KEY}`,
  WEBHOOK_SECRETS: `${WEBHOOK_SECRET} ${FORMER_WEBHOOK_SECRET}`,
}

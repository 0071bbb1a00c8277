import { randomUUID, timingSafeEqual } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { defineConfig, type ProxyOptions } from 'vite'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const { MERCADOPAGO_ACCESS_TOKEN: accessToken, MERCADOPAGO_BASE_URL, MERCADOPAGO_RETURN_URI } = process.env
const ticket = randomUUID()
const expected = Buffer.from(`Bearer ${ticket}`)

/** A proxy to Mercado Pago for this page only, because no other page has the ticket. A real shop uses the edge proxy. */
const mercadoPago: ProxyOptions = {
  target: MERCADOPAGO_BASE_URL || 'https://api.mercadopago.com',
  changeOrigin: true,
  headers: { authorization: `Bearer ${accessToken}` },
  bypass(request, response) {
    const given = Buffer.from(request.headers.authorization ?? '')
    if (given.length === expected.length && timingSafeEqual(given, expected)) return undefined
    response?.writeHead(401).end()
    return false
  },
}

export default defineConfig({
  root: path('.'),
  resolve: {
    // Longest first.
    alias: {
      'mercadopago-wallet-connect/emulator': path('../../../src/emulator/index.ts'),
      'mercadopago-wallet-connect': path('../../../src/index.ts'),
    },
  },
  define: {
    TICKET: JSON.stringify(accessToken ? ticket : null),
    RETURN_URI: MERCADOPAGO_RETURN_URI ? JSON.stringify(MERCADOPAGO_RETURN_URI) : 'undefined',
  },
  server: {
    host: '127.0.0.1',
    cors: false,
    ...(accessToken && { proxy: { '/v1/advanced_payments': mercadoPago, '/v2/wallet_connect': mercadoPago } }),
  },
})

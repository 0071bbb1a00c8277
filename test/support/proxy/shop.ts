import { Agent, request } from 'node:http'
import { createWalletConnect } from '../../../src/index.ts'
import { CLIENT_KEYS } from '../secrets/secrets.ts'
import type { EmulatorProcess } from './emulator.ts'

const RETURN_URI = 'https://shop.example/linked'

/** Links a wallet through the proxy. @returns the handle of its payer token */
export async function linkWallet(port: number, emulator: EmulatorProcess, user: string): Promise<string> {
  const wallet = createWalletConnect({ accessToken: CLIENT_KEYS.shop, baseURL: `http://127.0.0.1:${port}` })
  const { agreement_id } = await wallet.agreements.create({
    return_uri: RETURN_URI,
    external_flow_id: `flow of ${user}`,
    external_user: { id: user },
  })
  const code = await emulator.approve(agreement_id)
  return (await wallet.agreements.createPayerToken(agreement_id, { code })).payer_token
}

export const paymentOf = (payer_token: string, external_reference: string): string =>
  JSON.stringify({
    wallet_payment: { transaction_amount: 10.5, description: 'Two chairs', external_reference },
    payer: { token: payer_token, type_token: 'wallet-token' },
    binary_mode: true,
  })

/** The response to a backend. */
export interface BackendResponse {
  status: number
  text: string
}

/** Sends a payment; rejects if the response is not complete. */
export type Pay = (port: number, key: string, body: string) => Promise<BackendResponse>

/** A backend with a number of connections that are kept open. */
export function createBackend(maxSockets: number): Pay {
  const agent = new Agent({ keepAlive: true, maxSockets })
  return (port, key, body) =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${CLIENT_KEYS.shop}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'x-idempotency-key': key,
      }
      const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/v1/advanced_payments', agent, headers })
      sent.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body)
    })
}

import { createEmulator, type EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { agreements, payments } from './raw-emulator.ts'

const api = 'https://api.mercadopago.com'

/** An emulator with a linked wallet, and a payment that can be sent any number of times. */
export async function startLinked(options?: EmulatorOptions) {
  const emulator = createEmulator(options)
  const send = (method: string, path: string, body?: object, init: RequestInit = {}) =>
    emulator.fetch(api + path, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      ...init,
      headers: { authorization: 'Bearer TEST-1', 'x-idempotency-key': 'key-1', ...(init.headers as Record<string, string>) },
    })
  const json = async (response: Promise<Response>) => JSON.parse(await (await response).text())
  const agreement = { return_uri: 'https://shop.example', external_flow_id: 'flow', external_user: { id: 'buyer' } }
  const { agreement_id } = await json(send('POST', agreements, agreement))
  const { code } = emulator.buyer.approve(agreement_id)
  const { payer_token } = await json(send('POST', `${agreements}/${agreement_id}/payer_token`, { code }))
  const payment = {
    wallet_payment: { transaction_amount: 10, external_reference: 'ref' },
    payer: { token: payer_token, type_token: 'wallet-token' },
  }
  const pay = (init?: RequestInit) => send('POST', payments, payment, init)
  const charges = () => emulator.effects.filter(({ kind }) => kind === 'payment_charged').length
  return { emulator, agreement_id, send, json, payment, pay, charges, search: () => json(send('GET', `${payments}/search`)) }
}

export type LinkedEmulator = Awaited<ReturnType<typeof startLinked>>

/** The end of a request: the status and text of the response, or the message of the rejection. */
export async function endOf(
  request: Promise<Response>,
): Promise<{ status: number; text: string; headers: Headers } | { failure: string }> {
  try {
    const response = await request
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (error) {
    return { failure: `${(error as Error).name}: ${(error as Error).message}` }
  }
}

import { createWalletConnect } from 'mercadopago-wallet-connect'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { document } from '../documents.ts'
import { aPayment } from '../wallet.ts'

const server = setupServer()
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())

it('a client without a fetch of its own is seen by msw, as every other use of the global fetch', async () => {
  let authorization: string | null = null
  server.use(
    http.post('https://api.mercadopago.com/v1/advanced_payments', ({ request }) => {
      authorization = request.headers.get('authorization')
      return HttpResponse.json(document('create-payment.approved.response.201'), { status: 201 })
    }),
  )
  const payment = await createWalletConnect({ accessToken: 'TEST-access' }).payments.create(aPayment)
  expect(payment.id).toBe(10458724)
  expect(authorization).toBe('Bearer TEST-access')
})

import { createWalletConnect, UnavailableError, UnknownOutcomeError }
  from 'mercadopago-wallet-connect'
const ask = async (path: string, body = {}) => // your backend
  (await fetch(`/shop/${path}`, { method: 'POST', body: JSON.stringify(body) })).json()
// Works after a reload: the shop has stored the request. Same key and bytes: one charge.
const { id, request } = await ask('orders')
const ticket = async () => (await ask(`orders/${id}/ticket`, { request })).ticket // fresh
const wallet = createWalletConnect({ proxy: { url: 'https://proxy.example', ticket } })
for (;;) {
  const sent = await wallet.send(request).catch((error: unknown) => error)
  const isOpen = sent instanceof UnknownOutcomeError || sent instanceof UnavailableError
  if (!isOpen) { console.log(sent); break } // payment or error
  await new Promise((resolve) => setTimeout(resolve, 2_000))
}

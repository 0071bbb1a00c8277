import { createWalletConnect } from 'mercadopago-wallet-connect'
import { type CreateCaller, samplePayment } from './contender.ts'

export const createCaller: CreateCaller = (fetch, baseURL) => {
  const wallet = createWalletConnect({ accessToken: 'TEST-1', fetch, baseURL })
  return () => wallet.payments.create(samplePayment)
}

import { createFetch } from 'ofetch'
import { type CreateCaller, headers, PATH, samplePayment } from './contender.ts'

export const createCaller: CreateCaller = (fetch, baseURL) => {
  const api = createFetch({ fetch, defaults: { baseURL } })
  return () => api(PATH, { method: 'POST', body: samplePayment, headers: headers() })
}

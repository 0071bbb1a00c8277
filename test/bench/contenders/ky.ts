import ky from 'ky'
import { type CreateCaller, headers, PATH, samplePayment } from './contender.ts'

export const createCaller: CreateCaller = (fetch, baseUrl) => {
  const api = ky.create({ fetch, baseUrl })
  return () => api.post(PATH, { json: samplePayment, headers: headers() }).json()
}

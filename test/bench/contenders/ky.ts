import ky from 'ky'
import { type CreateCaller, headers, PATH, wish } from './contender.ts'

export const createCaller: CreateCaller = (fetch, baseUrl) => {
  const api = ky.create({ fetch, baseUrl })
  return () => api.post(PATH, { json: wish, headers: headers() }).json()
}

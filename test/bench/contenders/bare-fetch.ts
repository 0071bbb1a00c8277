import { type CreateCaller, headers, PATH, samplePayment } from './contender.ts'

export const createCaller: CreateCaller = (fetch, origin) => async () => {
  const response = await fetch(origin + PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers() },
    body: JSON.stringify(samplePayment),
  })
  return response.json()
}

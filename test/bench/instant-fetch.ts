import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const example = join(import.meta.dirname, '../contract/examples/create-payment.approved.response.201.json')

/** The documented answer to a payment. */
export const answer = JSON.stringify(JSON.parse(readFileSync(example, 'utf8')))
export const answerHeaders = { 'content-type': 'application/json', 'x-request-id': '6a1c1f0e-5d0b-4c36-9f0a-0c8f5b1f7d11' }

/** No network: does what every real one does first, which is to make a Request, and has the answer. */
export const instantFetch: typeof fetch = async (input, init) => {
  new Request(input, init)
  return new Response(answer, { status: 201, headers: answerHeaders })
}

import { isObject, type Json } from './json.ts'
import type { World } from './world.ts'

/** A response as it goes over the wire. */
export interface WireResponse {
  status: number
  text: string
  headers: Record<string, string>
}

export const jsonResponse = (status: number, text: string): WireResponse => ({
  status,
  text,
  headers: { 'content-type': 'application/json; charset=utf-8' },
})

/** The response with a new `X-Request-Id`, as every response of the API has one. */
export function withRequestId({ random, rules }: World, response: WireResponse): WireResponse {
  if (rules.requestIds) response.headers['x-request-id'] = random.uuid()
  return response
}

/** The JSON object in a body, `{}` if the body is empty; undefined for anything else. */
export function parse(text: string): Json | undefined {
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

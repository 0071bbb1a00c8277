import { isObject, type Json } from './json.ts'
import type { World } from './world.ts'

/** An answer as it goes on the wire. */
export interface WireResponse {
  status: number
  text: string
  headers: Record<string, string>
}

export const jsonAnswer = (status: number, text: string): WireResponse => ({
  status,
  text,
  headers: { 'content-type': 'application/json; charset=utf-8' },
})

/** With an id of its own, as every answer of the API. */
export function identified({ random, rules }: World, answer: WireResponse): WireResponse {
  if (rules.requestIds) answer.headers['x-request-id'] = random.uuid()
  return answer
}

/** The JSON object of a body, `{}` of none; undefined for anything else. */
export function parse(text: string): Json | undefined {
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

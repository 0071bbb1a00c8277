import type { OperationName } from './operation-types.ts'
import { type RequestSpec, requests } from './requests.ts'
import { type ResponseSpec, responses } from './responses.ts'

/** One row of the table: the request and the response of an operation, and how it may be repeated. */
export interface Operation extends RequestSpec, ResponseSpec {}

type Operations = { readonly [Name in OperationName]: (typeof requests)[Name] & (typeof responses)[Name] }

/** The table of every operation that the client can send, by name. To add one, begin in `operation-types.ts`. */
export const operations: Operations = joinSpecs()

function joinSpecs(): Operations {
  const rows = Object.entries(requests).map(([name, request]) => [name, { ...request, ...responses[name as OperationName] }])
  return Object.fromEntries(rows)
}

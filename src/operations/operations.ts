import type { OperationName } from './operation-types.ts'
import { type RequestSpec, requests } from './requests.ts'
import { type ResponseSpec, responses } from './responses.ts'

/** One row of the table: the request, the response, and how it may be repeated. */
export interface Operation extends RequestSpec, ResponseSpec {}

type Operations = { readonly [Name in OperationName]: (typeof requests)[Name] & (typeof responses)[Name] }

/** Everything the API can do: what is not in this table cannot be asked of it. */
export const operations: Operations = joined()

function joined(): Operations {
  const rows = Object.entries(requests).map(([name, request]) => [name, { ...request, ...responses[name as OperationName] }])
  return Object.fromEntries(rows)
}

import { type Answering, answers } from './answers.ts'
import { type Asking, type OperationName, requests } from './requests.ts'

/** One row of the table: how it is asked, what is taken and answered, how it may be repeated. */
export interface Operation extends Asking, Answering {}

type Operations = { readonly [Name in OperationName]: (typeof requests)[Name] & (typeof answers)[Name] }

/** Everything the API can do: what is not in this table cannot be asked of it. */
export const operations: Operations = joined()

function joined(): Operations {
  const rows = Object.entries(requests).map(([name, request]) => [name, { ...request, ...answers[name as OperationName] }])
  return Object.fromEntries(rows)
}

import { type OperationName, operations, type PreparedRequest } from 'mercadopago-wallet-connect'

/** Name of an operation that changes nothing. */
export type ReadName = {
  [Name in OperationName]: (typeof operations)[Name]['retry'] extends 'read' ? Name : never
}[OperationName]

/** Name of an operation that changes something: it goes through the ledger. */
export type WriteName = Exclude<OperationName, ReadName>

/** True for a request that changes something. */
export const isWrite = (request: PreparedRequest): request is PreparedRequest<WriteName> =>
  operations[request.operation].retry !== 'read'

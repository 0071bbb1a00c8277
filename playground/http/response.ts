/** The proxy's response to a caller, as the ledger stores it and as it is sent. */
export interface ProxyResponse {
  status: number
  /** JSON; empty for no body. */
  body: string
  retryAfterMs?: number | undefined
}

/** The fields of a log line. None of them is a body, a header, a path or an id that a caller chose. */
export interface LogLine {
  at: 'request' | 'ledger' | 'notification'
  method?: string
  /** The route in the router's spelling. */
  route?: string
  status?: number
  operation?: string | undefined
  client?: string | undefined
  /** Who called: a client key, a ticket, or neither. */
  caller?: 'backend' | 'browser' | 'anonymous'
  outcome?: string
  attempt?: number | undefined
  /** The name of an error's class. */
  error?: string
  ms?: number
}

/** Logs one line of JSON. */
export function log(line: LogLine): void {
  console.log(JSON.stringify(line))
}

/** The name of an error, which is safe to log: its message may quote anything. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')

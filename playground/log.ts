/** All that may stand in a log line. None of it is a body, a header, a path or an id that somebody chose. */
export interface LogLine {
  at: 'request' | 'ledger' | 'notification'
  method?: string
  /** As the router spells it. */
  route?: string
  status?: number
  operation?: string | undefined
  client?: string | undefined
  /** Who asked: a client key, a ticket, nobody known. */
  caller?: 'backend' | 'browser' | 'anonymous'
  outcome?: string
  attempt?: number | undefined
  /** Name of an error's class. */
  error?: string
  ms?: number
}

/** One line of JSON. */
export function log(line: LogLine): void {
  console.log(JSON.stringify(line))
}

/** What may be said of an error: its words may quote anything. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')

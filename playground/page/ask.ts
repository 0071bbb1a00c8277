/** The shop, or the inspector, says no; `message` says why. */
export class AskError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Asks this page's own backend. */
export async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(path, body === undefined ? undefined : init)
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new AskError(response.status, answer.message ?? `${path} answered ${response.status}`)
  return answer
}

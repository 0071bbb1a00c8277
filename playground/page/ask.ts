/** Thrown when this page's backend refuses; `message` says why. */
export class BackendError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Calls this page's own backend: a read, or a post if there is a body. */
export async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(path, body === undefined ? undefined : init)
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new BackendError(response.status, answer.message ?? `${path} answered ${response.status}`)
  return answer
}

import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CreateCaller } from '../bench/contenders/contender.ts'
import { contenders, pathOf } from '../bench/contenders.ts'
import { answer, answerHeaders } from '../bench/instant-fetch.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url).pathname, 'utf8')

describe('the contenders of npm run bench', () => {
  afterEach(() => vi.unstubAllGlobals())

  it.each(contenders)('$name asks for one payment under a key of its own, and reads the answer', async (contender) => {
    vi.stubGlobal('fetch', fetch) // The official SDK's contender replaces it.
    const { createCaller } = (await import(/* @vite-ignore */ pathOf(contender))) as { createCaller: CreateCaller }
    const requests: Request[] = []
    const call = createCaller(async (input, init) => {
      requests.push(new Request(input as Request, init))
      return new Response(answer, { status: 201, headers: answerHeaders })
    }, 'http://127.0.0.1:4242')

    expect(await call()).toMatchObject({ id: 10458724, status: 'approved' })
    await call()
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST'])
    for (const request of requests) {
      expect(request.url).toMatch(/^http:\/\/127\.0\.0\.1:4242\/v1\/\w+$/)
      expect(await request.text()).toMatch(/700\.5|70050/)
    }
    const keys = requests.map(({ headers }) => headers.get('x-idempotency-key') ?? headers.get('idempotency-key'))
    expect(new Set(keys).size).toBe(2)
    expect(keys).not.toContain(null)
  })

  it('are those of the table in the README, in the versions that are installed', () => {
    const [, head] = /<!-- npm run bench -->\n\n(.*)\n/.exec(readme) ?? []
    expect(head).toBe(`|  | ${contenders.map(({ name }) => name).join(' | ')} |`)
  })
})

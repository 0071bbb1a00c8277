import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type CreateCaller, samplePayment } from '../bench/contenders/contender.ts'
import { contenders, medians, pathOf, ratios } from '../bench/contenders.ts'
import { answer, answerHeaders } from '../bench/instant-fetch.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url).pathname, 'utf8')
const [, table = ''] = /<!-- npm run bench -->\n\n(.*?)\n\n<!-- \/ -->/s.exec(readme) ?? []
/** Its rows, cell by cell, without the bars around them. */
const [head, , ...rows] = table.split('\n').map((row) =>
  row
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim()),
)

/** The same amount, description, token and reference. */
const inStripesWords = {
  amount: '70050',
  currency: 'ars',
  description: samplePayment.wallet_payment.description,
  payment_method: samplePayment.payer.token,
  confirm: 'true',
  'metadata[external_reference]': samplePayment.wallet_payment.external_reference,
}

/** The answer, which tells when somebody has read all of it. */
function toldWhenRead(onEnd: () => void): ReadableStream<Uint8Array> {
  const chunks = [new TextEncoder().encode(answer)]
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const chunk = chunks.pop()
    if (chunk) controller.enqueue(chunk)
    else {
      onEnd()
      controller.close()
    }
  }
  return new ReadableStream({ pull }, { highWaterMark: 0 })
}

describe('medians', () => {
  it('are the middle of what each measured, not the mean, the least or the last', async () => {
    const values = { odd: [100, 9, 2, 10, 1], same: [3, 3, 3, 3, 3] }
    const all = [{ name: 'odd' as const }, { name: 'same' as const }]
    expect(await medians(5, all, async ({ name }) => values[name].shift() ?? 0)).toEqual({ odd: 9, same: 3 })
  })

  it('are of rounds in which all take their turn, one after the other', async () => {
    const order: string[] = []
    const measure = async ({ name }: { name: string }): Promise<number> => {
      order.push(`${name} begins`)
      await Promise.resolve()
      order.push(`${name} ends`)
      return 1
    }
    await medians(2, [{ name: 'a' }, { name: 'b' }], measure)
    const round = ['a begins', 'a ends', 'b begins', 'b ends']
    expect(order).toEqual([...round, ...round])
  })
})

describe('ratios', () => {
  it('are multiples of bare fetch, whose own cell says what it took', () => {
    const measured = Object.fromEntries(contenders.map(({ name }, index) => [name, 300 - 50 * index]))
    expect(ratios(measured, (value) => `${value} µs`)).toEqual(['6.00', '5.00', '4.00', '3.00', '2.00', '1 (50 µs)'])
  })
})

describe('the contenders of npm run bench', () => {
  afterEach(() => vi.unstubAllGlobals())

  it.each(contenders)('$name sends the payment under a key of its own, and reads the answer to its end', async (contender) => {
    vi.stubGlobal('fetch', fetch) // The official SDK's contender replaces it.
    const { createCaller } = (await import(/* @vite-ignore */ pathOf(contender))) as { createCaller: CreateCaller }
    const requests: Request[] = []
    let read = 0
    const call = createCaller(async (input, init) => {
      requests.push(new Request(input as Request, init))
      return new Response(
        toldWhenRead(() => read++),
        { status: 201, headers: answerHeaders },
      )
    }, 'http://127.0.0.1:4242')

    for (const times of [1, 2]) {
      expect(await call()).toMatchObject({ id: 10458724, status: 'approved' })
      expect([requests.length, read]).toEqual([times, times])
    }
    for (const request of requests) {
      expect(request.method).toBe('POST')
      expect(request.url).toMatch(/^http:\/\/127\.0\.0\.1:4242\/v1\/\w+$/)
      const body = await request.text()
      if (contender.file === 'stripe') expect(Object.fromEntries(new URLSearchParams(body))).toEqual(inStripesWords)
      else expect(JSON.parse(body)).toEqual(samplePayment)
    }
    const keys = requests.map(({ headers }) => headers.get('x-idempotency-key') ?? headers.get('idempotency-key'))
    expect(new Set(keys).size).toBe(2)
    expect(keys).not.toContain(null)
  })

  it('are those of the table in the README, in the versions that are installed', () => {
    expect(head).toEqual(['', ...contenders.map(({ name }) => name)])
  })

  it('have a number each in each of its five rows', () => {
    expect(rows).toHaveLength(5)
    for (const [what = '', ...cells] of rows) {
      expect(what).not.toBe('')
      expect(cells, what).toEqual(contenders.map(() => expect.stringMatching(/\d/)))
    }
  })
})

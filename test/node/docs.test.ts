import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Cell, clientMatrix } from '../support/faults/client-matrix.ts'
import { nameOf } from '../support/faults/fixtures.ts'
import { clientTable, faultTable, fill, guessTable, paymentTable, sdkTable } from '../support/faults/pages.ts'
import { type SdkCell, sdkMatrix } from '../support/faults/sdk-matrix.ts'

const folder = new URL('../../src/emulator/', import.meta.url).pathname
const page = (name: string): string => readFileSync(folder + name, 'utf8')

let cells: Cell[]
let sdkCells: SdkCell[]
beforeAll(async () => {
  cells = await clientMatrix()
  sdkCells = await sdkMatrix()
}, 60_000)

describe('the fault matrix', () => {
  /** The cells in which the call ends differently from what happened, and why that cannot be helped. No money moves in them. */
  const inherent = [
    // The network duplicates a request that no key protects: a second agreement, a code that is already used.
    'request_duplicated agreements.create',
    'request_duplicated agreements.createPayerToken',
    // A successful response has no body, so an empty body looks like success.
    'empty_success before agreements.cancel',
    'no_content before agreements.cancel',
  ]
  const honest = (cell: Cell): boolean => !cell.fault.isBreach && !inherent.includes(`${nameOf(cell)} ${cell.operation}`)
  const names = (of: Cell[]): string[] => of.map((cell) => `${nameOf(cell)} ${cell.operation}`)
  const isWrite = ({ operation }: Cell): boolean => /create|cancel|capture|refund/.test(operation)

  it('has every fault at every operation', () => {
    expect(cells.length).toBeGreaterThan(700)
    expect(new Set(cells.map(({ fault }) => fault.name)).size).toBeGreaterThanOrEqual(40)
  })

  it('has no cell that says "no money moved" although something happened', () => {
    expect(names(cells.filter((cell) => honest(cell) && cell.outcome === 'none' && cell.finally > 0))).toEqual([])
  })

  it('has no cell in which a write is answered although nothing happened', () => {
    expect(
      names(cells.filter((cell) => honest(cell) && isWrite(cell) && cell.ending === 'answer' && cell.finally !== 1)),
    ).toEqual([])
  })

  it('has no cell with two effects of one request', () => {
    expect(names(cells.filter((cell) => honest(cell) && cell.finally > 1))).toEqual([])
  })

  it('has no cell in which reconcile says something else than what happened', () => {
    expect(names(cells.filter((cell) => honest(cell) && cell.reconciled === 'done' && cell.finally !== 1))).toEqual([])
    expect(names(cells.filter((cell) => honest(cell) && cell.reconciled === 'not_done' && cell.finally !== 0))).toEqual([])
  })

  it('shows that once a fault is over reconcile settles every payment, but one that is in progress for ever', () => {
    const open = cells.filter(({ operation, reconciled }) => /^payments/.test(operation) && reconciled === 'unknown')
    expect(new Set(open.map(nameOf))).toEqual(new Set(['in_progress_forever before']))
  })

  it.each(['payments.capture', 'payments.cancel', 'payments.refund'])(
    'shows that a refusal of %s is not believed when the API has carried it out',
    (operation) => {
      const cell = cells.find(({ fault, ...each }) => fault.name === 'executed_but_refused' && each.operation === operation)
      expect(cell).toMatchObject({ ending: 'answer', effects: 1, finally: 1 })
    },
  )

  it('has no mismatches but in answers about something else, and there in every answer that repeats the request', () => {
    const mismatched = cells.filter(({ mismatches }) => mismatches)
    const found = mismatched.map((cell) => `${nameOf(cell)} ${cell.operation}: ${cell.mismatches}`)
    expect(found.sort()).toEqual([
      'another_resource agreements.get: id',
      'another_resource payments.cancel: id',
      'another_resource payments.capture: id',
      'another_resource payments.create: wallet_payment.external_reference,wallet_payment.transaction_amount',
      'another_resource payments.get: id',
      'wrong_amount payments.create: wallet_payment.transaction_amount',
    ])
  })

  it('never shows an unknown outcome of a read', () => {
    const reads = ['agreements.get', 'discounts.validateCoupon', 'payments.get', 'payments.search', 'payments.listRefunds']
    expect(names(cells.filter(({ operation, outcome }) => reads.includes(operation) && outcome === 'unknown'))).toEqual([])
  })

  it('shows the defects of the official SDK', () => {
    const endings = (fault: string) => sdkCells.filter((cell) => nameOf(cell) === fault && cell.operation === 'payments.create')
    expect(endings('body_cut_by_chunk')).toMatchObject([{ ending: 'empty answer', effects: 1 }])
    expect(endings('empty_success before')).toMatchObject([{ ending: 'empty answer', effects: 0 }])
    expect(endings('stalled_body')).toMatchObject([{ ending: 'hangs', effects: 1 }])
    expect(endings('request_timeout after')).toMatchObject([{ ending: 'MercadoPagoError', effects: 1 }])
  })
})

describe('the pages of the emulator', () => {
  it('say what the lists and the matrix say; `npm run docs` writes them', async () => {
    const written = fill(page('README.md'), { guesses: guessTable(), faults: faultTable() })
    await expect(written).toMatchFileSnapshot(`${folder}README.md`)
  })

  it('say what was measured; `npm run docs` writes it', async () => {
    const parts = { payment: paymentTable(cells), client: clientTable(cells), sdk: sdkTable(sdkCells) }
    await expect(fill(page('FAULTS.md'), parts)).toMatchFileSnapshot(`${folder}FAULTS.md`)
  })

  it('open with what is not known', () => {
    expect(page('README.md').indexOf('## What it does not know')).toBeLessThan(page('README.md').indexOf('## Use'))
  })
})

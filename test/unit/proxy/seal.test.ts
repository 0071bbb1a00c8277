import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readKeyRing } from '../../../playground/sealing/key-ring.ts'
import { fromBase64, open, seal, toBase64 } from '../../../playground/sealing/seal.ts'
import { anyText } from '../../support/client/any-text.ts'

const key = (byte: number): string => btoa(String.fromCharCode(...Array(32).fill(byte)))
const ring = readKeyRing('SEALING_KEYS', `k1:${key(1)}`)
const mine = ['client', 'buyer', 'agreement']

describe('seal and open', () => {
  it('return any text in the context that it was sealed for', async () => {
    await fc.assert(
      fc.asyncProperty(anyText(), fc.array(fc.string(), { minLength: 1 }), async (text, context) => {
        expect(await open(ring, await seal(ring, text, context), context)).toBe(text)
      }),
    )
  })

  it('never give the same result twice, and show nothing of the text', async () => {
    const [one, other] = [await seal(ring, 'PAYER_TOKEN', mine), await seal(ring, 'PAYER_TOKEN', mine)]
    expect(one).not.toBe(other)
    expect(one).toMatch(/^wch1\.k1\.[\w-]{22}\.[\w-]+$/)
    expect(atob(one.split('.')[3]?.replaceAll('-', '+').replaceAll('_', '/') ?? '')).not.toContain('PAYER')
  })

  it('do not open in another context', async () => {
    const sealed = await seal(ring, 'PAYER_TOKEN', mine)
    for (const context of [
      ['client', 'buyer', 'other'],
      ['other', 'buyer', 'agreement'],
      ['client', 'buyeragreement'],
      [],
      ['clientbuyer', '', 'agreement'],
    ]) {
      expect(await open(ring, sealed, context)).toBeUndefined()
    }
  })

  it('do not open when a single bit has changed', async () => {
    const sealed = await seal(ring, 'PAYER_TOKEN', mine)
    for (let i = 0; i < sealed.length; i++) {
      for (let bit = 0; bit < 7; bit++) {
        const bent = sealed.slice(0, i) + String.fromCharCode(sealed.charCodeAt(i) ^ (1 << bit)) + sealed.slice(i + 1)
        expect(await open(ring, bent, mine)).toBeUndefined()
      }
    }
  })

  it.each([
    '',
    'wch1',
    'wch1.k1',
    'wch1.k1..',
    'wch1.k1.%%.%%',
    'wch2.k1.a.b',
    'PAYER_TOKEN',
    'wch1.k9.AAAA.AAAA',
    'wch1.k1.AAAA.AAAA.AAAA',
  ])('do not open %j', async (text) => {
    expect(await open(ring, text, mine)).toBeUndefined()
  })

  it('open what the previous key sealed, as long as it is in the ring', async () => {
    const sealed = await seal(ring, 'PAYER_TOKEN', mine)
    expect(await open(readKeyRing('SEALING_KEYS', `k2:${key(2)} k1:${key(1)}`), sealed, mine)).toBe('PAYER_TOKEN')
    expect(await open(readKeyRing('SEALING_KEYS', `k2:${key(2)}`), sealed, mine)).toBeUndefined()
    expect(await open(readKeyRing('SEALING_KEYS', `k1:${key(2)}`), sealed, mine)).toBeUndefined()
  })
})

describe('base64url', () => {
  it('gives back any bytes, and has no padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toBase64(bytes)).toMatch(/^[\w-]*$/)
        expect(fromBase64(toBase64(bytes))).toEqual(bytes)
      }),
    )
  })

  it.each([
    ['padding', 'YQ=='],
    ['half of the padding', 'YQ='],
    ['bits that belong to no byte', 'YR'],
    ['a single character', 'Y'],
    ['a blank', 'YW Jj'],
    ['a line break at the end', 'YWJj\n'],
    ['the other alphabet', '+/+/'],
    ['a character of neither alphabet', 'YWJ*'],
    ['a letter that is not ASCII', 'YWJé'],
  ])('is refused with %s', (_, text) => {
    expect(() => fromBase64(text)).toThrow(new TypeError('not base64url'))
  })
})

describe('readKeyRing', () => {
  it.each([
    [undefined, 'SEALING_KEYS is not set'],
    [' ', 'SEALING_KEYS is not set'],
    ['secret', 'must have the form id:base64'],
    [`k1:${btoa('short')}`, 'the key k1 must have at least 32 bytes'],
    [`k1:${key(1)} k1:${key(2)}`, 'has two keys with the same id'],
  ])('refuses %j without showing the key', (secret, message) => {
    const attempt = () => readKeyRing('SEALING_KEYS', secret)
    expect(attempt).toThrow(message)
    expect(attempt).not.toThrow(key(1))
  })
})

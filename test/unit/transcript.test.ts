import { expect, it, vi } from 'vitest'
import { sha256 } from '../support/transcript/sha256.ts'
import { transcript } from '../support/transcript/transcript.ts'

/**
 * The SHA-256 of the transcript, the same in Node, workerd, Chromium, Deno and Bun. If you change an answer of the emulator
 * or the transcript's script on purpose, put the new value here.
 */
const SHA_256 = '0a1add7e0aead54ee71f09c07fd29ddc0247019d40d89e48794c98448bf9a6e1'

it('a seed and a script give the same transcript, byte for byte, in every runtime', { timeout: 30_000 }, async () => {
  expect(await sha256(await transcript())).toBe(SHA_256)
})

it('the transcript does not depend on how long it takes to sign a notification', { timeout: 30_000 }, async () => {
  const sign = crypto.subtle.sign.bind(crypto.subtle)
  let signed = 0
  const slow = vi.spyOn(crypto.subtle, 'sign').mockImplementation(async (...input) => {
    if (++signed % 3 === 0) await new Promise((resolve) => setTimeout(resolve, signed % 7))
    return sign(...input)
  })
  const text = await transcript()
  slow.mockRestore()
  expect(signed).toBeGreaterThan(100)
  expect(await sha256(text)).toBe(SHA_256)
})

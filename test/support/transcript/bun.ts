import { sha256 } from './sha256.ts'
import { transcript } from './transcript.ts'

declare const Bun: { version: string }

// First the hash, then what it is of.
const text = await transcript()
console.log(`Bun ${Bun.version} ${await sha256(text)}\n${text}`)

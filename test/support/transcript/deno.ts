import { sha256 } from './sha256.ts'
import { transcript } from './transcript.ts'

declare const Deno: { version: { deno: string } }

// First the hash, then what it is of.
const text = await transcript()
console.log(`Deno ${Deno.version.deno} ${await sha256(text)}\n${text}`)

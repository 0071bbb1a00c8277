import { run } from './run.ts'

declare const Deno: { version: { deno: string }; args: string[] }

const [origin = ''] = Deno.args
console.log(JSON.stringify(await run(`Deno ${Deno.version.deno}`, origin)))

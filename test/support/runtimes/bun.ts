import { run } from './run.ts'

declare const Bun: { version: string; argv: string[] }

const [, , origin = ''] = Bun.argv
console.log(JSON.stringify(await run(`Bun ${Bun.version}`, origin)))

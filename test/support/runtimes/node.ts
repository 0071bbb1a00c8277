import { run } from './run.ts'

const [, , origin = ''] = process.argv
console.log(JSON.stringify(await run(`Node ${process.version}`, origin)))

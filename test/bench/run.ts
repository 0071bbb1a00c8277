// `npm run bench -- [client | emulator | proxy] [options]`: `client` if no name is given.
const NAMES = ['client', 'emulator', 'proxy']

const [, , first = '--'] = process.argv
if (first.startsWith('--')) process.argv.splice(2, 0, 'client')
const [, , name = ''] = process.argv
if (!NAMES.includes(name)) throw new Error(`There is no bench ${name}; there is ${NAMES.join(', ')}.`)
await import(`./${name}.ts`)

export {}

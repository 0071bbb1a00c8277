import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compatibilityDate } from '../support/proxy/bundle.ts'
import { launchWorkerd } from '../support/proxy/workerd.ts'
import { contenders, type Measured, medians, pathOf } from './contenders.ts'
import { answer, answerHeaders } from './instant-fetch.ts'
import { bundle } from './worker-bundle.ts'

const ROUNDS = 41

/** A Worker that has a client, and pays with it if it is asked to; without a network. */
const workerOf = (path: string): string => `
  import { createCaller } from ${JSON.stringify(path)}
  const init = { status: 201, headers: ${JSON.stringify(answerHeaders)} }
  const instantFetch = async () => new Response(${JSON.stringify(answer)}, init)
  const call = createCaller(instantFetch, 'https://api.example')
  export default {
    async fetch(request) {
      const requested = await request.text()
      if (requested === 'pay') await call()
      return new Response(requested)
    },
  }`

export const EMPTY = 'an empty Worker'

/** Starts the Worker of that name in an isolate of its own and asks it once. */
const HOST = `
  let started = 0
  export default {
    fetch(request, env) {
      const code = env[new URL(request.url).pathname.slice(1)]
      const worker = env.LOADER.get(String(started++), () => ({
        compatibilityDate: '${compatibilityDate}', compatibilityFlags: ['nodejs_compat'],
        mainModule: 'worker.js', modules: { 'worker.js': code },
      }))
      return worker.getEntrypoint().fetch(request)
    },
  }`

/** Milliseconds from the start of an isolate to its first answer: as such, and with a payment before it. */
export async function measureColdStart(): Promise<{ up: Measured; paid: Measured }> {
  const folder = mkdtempSync(join(tmpdir(), 'cold-start-'))
  const workers = [
    { name: EMPTY, file: 'empty', code: 'export default { fetch: (request) => new Response(request.body) }' },
    ...(await Promise.all(contenders.map(async (one) => ({ ...one, code: await bundle(workerOf(pathOf(one))) })))),
  ]
  for (const { file, code } of workers) writeFileSync(join(folder, `${file}.js`), code)
  writeFileSync(join(folder, 'host.js'), HOST)
  writeFileSync(join(folder, 'workerd.capnp'), settingsOf(workers.map(({ file }) => file)))
  const { port, kill } = await launchWorkerd(join(folder, 'workerd.capnp'))
  const start = (requested: string) =>
    medians(ROUNDS, workers, async ({ name, file }) => {
      const startedAt = performance.now()
      const text = await (await fetch(`http://127.0.0.1:${port}/${file}`, { method: 'POST', body: requested })).text()
      if (text !== requested) throw new Error(`${name} did not ${requested}: ${text}`)
      return performance.now() - startedAt
    })
  const measured = { up: await start('answer'), paid: await start('pay') }
  await kill()
  rmSync(folder, { recursive: true })
  return measured
}

const settingsOf = (files: readonly string[]): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "host", worker = .host)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "host")],
);
const host :Workerd.Worker = (
  modules = [(name = "host.js", esModule = embed "host.js")],
  compatibilityDate = "${compatibilityDate}",
  bindings = [
    (name = "LOADER", workerLoader = ()),
    ${files.map((file) => `(name = "${file}", text = embed "${file}.js")`).join(',\n    ')},
  ],
);
`

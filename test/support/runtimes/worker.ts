import { run } from './run.ts'

declare function addEventListener(type: 'message', listener: (event: { data: string }) => void): void
declare function postMessage(message: unknown): void

const isWorker = 'importScripts' in globalThis && !('document' in globalThis)

addEventListener('message', async ({ data }) => {
  postMessage(await run(`${navigator.userAgent} ${isWorker ? 'worker' : 'no worker'}`, data))
})

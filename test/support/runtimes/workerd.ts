import { run } from './run.ts'

/** Runs when it is asked, since a Worker may not wait while it is loaded. */
export default {
  async fetch(request: Request): Promise<Response> {
    const origin = new URL(request.url).searchParams.get('origin') ?? ''
    const node = 'process' in globalThis || 'Buffer' in globalThis ? 'with Node' : 'without Node'
    return Response.json(await run(`${navigator.userAgent} ${node}`, origin))
  },
}

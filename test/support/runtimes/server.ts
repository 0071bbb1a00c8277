import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEmulator, type Emulator } from '../../../src/emulator/index.ts'
import type { Heard, Orders } from './world.ts'

/** Above all that the API answers, and below `huge_body`. */
const HUGE = 5_000_000

interface Hosted {
  emulator: Emulator
  requests: Heard[]
  open: number
}

export interface EmulatorServer {
  origin: string
  close(): void
}

/**
 * Emulators on a real socket: `/<any name>` is one of its own, and `/<any name>/-/<order>` its buyer and its faults. What a
 * fault does to a `fetch` happens here to the connection.
 */
export async function serveEmulators(): Promise<EmulatorServer> {
  const all = new Map<string, Hosted>()
  const server = createServer((request, response) => {
    const [, name = '', path = '/'] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? []
    const hosted = all.get(name) ?? { emulator: createEmulator(), requests: [], open: 0 }
    all.set(name, hosted)
    // A page comes from elsewhere, and has to be let in. `*` would not cover `authorization`.
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-methods', 'GET, POST, PUT, DELETE')
    response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '*')
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    const [, order] = /^\/-\/(\w+)$/.exec(path) ?? []
    const work = order
      ? obey(hosted, order as keyof Orders, request, response)
      : play(hosted, `/${name}`, path, request, response)
    work.catch(() => request.socket.resetAndDestroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function obey(hosted: Hosted, name: keyof Orders, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const order = JSON.parse(await textOf(request))
  const { emulator, requests, open } = hosted
  const orders: { [Name in keyof Orders]: (order: Orders[Name]['order']) => Orders[Name]['answer'] } = {
    approve: ({ agreement_id }) => ({ code: emulator.buyer.approve(agreement_id).code }),
    inject(fault) {
      emulator.faults.inject(fault)
      return null
    },
    report: () => ({ effects: [...emulator.effects], requests, open }),
  }
  try {
    response.end(JSON.stringify(orders[name](order)))
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
}

async function play(
  hosted: Hosted,
  prefix: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isGone = new AbortController()
  const { signal } = isGone
  hosted.open += 1
  response.on('close', () => {
    hosted.open -= 1
    isGone.abort()
  })
  const body = await textOf(request)
  const { method = 'GET' } = request
  const headers = request.headers as Record<string, string>
  const { emulator, requests } = hosted
  requests.push({ method, path, key: headers['x-idempotency-key'], body })
  const answer = await emulator.fetch(emulator.origin + path, {
    method,
    headers,
    signal,
    redirect: 'manual',
    ...(body && { body }),
  })
  for (const [name, value] of answer.headers) {
    response.setHeader(name, name === 'location' && value.startsWith('/') ? prefix + value : value)
  }
  response.writeHead(answer.status)
  response.flushHeaders()
  let left = Number(answer.headers.get('content-length') ?? Number.NaN)
  let written = 0
  for await (const chunk of answer.body ?? []) {
    response.write(chunk)
    left -= chunk.length
    written += chunk.length
  }
  // What nobody has to read has no end: else it fits into buffers, and nobody notices who did not let go of it.
  if (written > HUGE && !signal.aborted) await once(response, 'close')
  if (left > 0) throw new Error('cut')
  response.end()
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Answers every request with the same payment: the API of `bench.ts`, in a process of its own. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answer, answerHeaders } from './instant-fetch.ts'

const server = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(201, answerHeaders).end(answer))
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
// Also when whoever measures has failed.
process.on('disconnect', () => process.exit())

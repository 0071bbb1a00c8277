import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from 'playwright'
import { VARIABLES } from '../../../playground/start/variables.ts'

/** One answer as it came over the wire, before the browser hid anything of it from the page. */
export interface Received {
  url: string
  status: number
  headers: Record<string, string>
  body: string
}

export interface Wiretap {
  received: Received[]
  /** Path and value of every cookie that was given. */
  cookies: [path: string, value: string][]
  /** Addresses of everything that was asked for. */
  requested: string[]
  /** Console messages, uncaught errors and violations of the page's policy. */
  said: string[]
  /** What a script could read in the page as it is now: storage, cookies, the document, what it was asked for. */
  look(): Promise<void>
  /** All of it as one text. What the tickets say stands in it in clear. */
  text(): string
}

/** What any script of the page can see, as JSON. */
const VISIBLE = `(async () => JSON.stringify({
  localStorage: { ...localStorage },
  sessionStorage: { ...sessionStorage },
  cookie: document.cookie,
  document: document.documentElement.outerHTML,
  fields: [...document.querySelectorAll('input, select')].map(({ value }) => value),
  history: history.state,
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: await caches.keys(),
  name: window.name,
}))()`

/** Told in the console, where everything else is read, too. */
const TELL_VIOLATIONS = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  console.error('policy violated: ' + violatedDirective + ' ' + blockedURI)
})`

/** Reads all that a page receives from its next document on. */
export async function tap(page: Page): Promise<Wiretap> {
  const received: Received[] = []
  const cookies: Wiretap['cookies'] = []
  const requested: string[] = []
  const said: string[] = []
  const seen = new Set<string>()
  const pending = new Set<Promise<void>>()
  page.on('request', (request) => requested.push(request.url()))
  page.on('response', (response) => {
    // Cookies are told apart from the other headers.
    const reading: Promise<void> = response
      .allHeaders()
      .then((headers) => {
        seen.add(JSON.stringify([response.url(), headers]))
        const cookie = headers['set-cookie']
        if (cookie) cookies.push([new URL(response.url()).pathname, cookie])
      })
      .catch(() => {})
      .then(() => void pending.delete(reading))
    pending.add(reading)
  })
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error.stack)))
  await page.addInitScript(TELL_VIOLATIONS)

  const session = await page.context().newCDPSession(page)
  session.on('Fetch.requestPaused', (paused) => {
    const { requestId, request, responseStatusCode: status = 0, responseHeaders = [] } = paused
    const work = async (): Promise<void> => {
      // Of a redirect there is no body to be had.
      const isRedirect = status >= 300 && status < 400
      const { body, base64Encoded } = isRedirect
        ? { body: '', base64Encoded: false }
        : await session.send('Fetch.getResponseBody', { requestId })
      received.push({
        url: request.url,
        status,
        headers: Object.fromEntries(responseHeaders.map(({ name, value }) => [name.toLowerCase(), value])),
        body: base64Encoded ? Buffer.from(body, 'base64').toString() : body,
      })
      await session.send('Fetch.continueRequest', { requestId })
    }
    const reading: Promise<void> = work()
      // Who leaves a page does not receive any more what it has asked for.
      .catch((error) => /Invalid InterceptionId/.test(error) || said.push(`not read: ${request.url} ${error}`))
      .then(() => void pending.delete(reading))
    pending.add(reading)
  })
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  await session.send('Fetch.enable', { patterns: [{ urlPattern: '*', requestStage: 'Response' }] })

  return {
    received,
    cookies,
    requested,
    said,
    async look() {
      await Promise.all(pending)
      seen.add((await page.evaluate(VISIBLE)) as string)
    },
    text() {
      const all = [...new Set(received.map((each) => JSON.stringify(each))), ...seen, ...said].join('\n')
      return [all, ...(all.match(/eyJ[\w-]+/g) ?? []).map((part) => Buffer.from(part, 'base64url').toString())].join('\n')
    },
  }
}

/** What `npm start` has given the Worker that is secret: it is in the environment of wrangler. */
export function secretsOf(origin: string): Record<string, string> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const given = pids.map(environmentOf).find(({ ORIGIN }) => ORIGIN === origin) ?? {}
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => name !== 'ORIGIN' && VARIABLES.some((each) => each === name)),
  )
}

/** Empty for a process that is gone, or of another user. */
function environmentOf(pid: string): Record<string, string> {
  try {
    const lines = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return Object.fromEntries(lines.map((line) => [line.replace(/=.*$/s, ''), line.replace(/^[^=]*=/, '')]))
  } catch {
    return {}
  }
}

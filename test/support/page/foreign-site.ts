import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page } from 'playwright'

/** Where a page of somebody else wants to write, and what. */
export interface Target {
  path: string
  body: string
}

/** A site of somebody else, open in the buyer's own browser. */
export interface Stranger {
  page: Page
  /** Answers of the demo to this site, whether or not its scripts may read them. */
  answers: { method: string; path: string; status: number }[]
  /** Sends everything that a script can send. @returns what the script could read, and how much was sent */
  script(origin: string, targets: readonly Target[]): Promise<{ readable: string[]; sent: number }>
  /** Posts forms of all kinds into frames. @returns how many */
  formsInFrames(origin: string, targets: readonly Target[]): Promise<number>
  /** Posts a form, and goes where it leads. */
  formOnTop(origin: string, target: Target): Promise<void>
}

export interface Site {
  /** Another port of the same address: another origin, yet the same site, so that cookies go along. */
  sameSite: string
  /** Another name of this machine: another site. */
  crossSite: string
  close(): void
}

/** Serves empty pages. */
export async function openSite(): Promise<Site> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'))
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  return {
    sameSite: `http://127.0.0.1:${port}`,
    crossSite: `http://localhost:${port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

export async function visit(context: BrowserContext, site: string, demo: string): Promise<Stranger> {
  const page = await context.newPage()
  await page.goto(site)
  const answers: Stranger['answers'] = []
  page.on('response', (response) => {
    const { origin, pathname } = new URL(response.url())
    const method = response.request().method()
    if (origin === demo && method !== 'OPTIONS') answers.push({ method, path: pathname, status: response.status() })
  })
  return {
    page,
    answers,
    script: (origin, targets) => page.evaluate(sendAll, { origin, targets }),
    async formsInFrames(origin, targets) {
      const forms = targets.flatMap((target) => ENCTYPES.map((enctype) => form(origin, target, enctype)))
      await page.setContent(forms.map((each, index) => `<iframe name="f${index}"></iframe>${each(`f${index}`)}`).join(''))
      await page.evaluate(`for (const form of document.forms) form.submit()`)
      return forms.length
    },
    async formOnTop(origin, target) {
      await page.setContent(form(origin, target, 'text/plain')('_self'))
      await page.evaluate('document.forms[0].submit()')
      await page.waitForURL(`${origin}${target.path}`)
      await page.goto(site)
    },
  }
}

const ENCTYPES = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']

/** A form whose body is, as text/plain, the wanted text but for a field that nobody asked for. */
const form =
  (origin: string, { path, body }: Target, enctype: string) =>
  (frame: string) => {
    const [name = '', value = ''] = body.startsWith('{') ? [`${body.slice(0, -1)},"_":"`, '"}'] : body.split('=')
    const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
    const field = `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`
    return `<form method="post" action="${origin}${path}" enctype="${enctype}" target="${frame}">${field}</form>`
  }

/** Runs in the page of the stranger. */
async function sendAll({ origin, targets }: { origin: string; targets: readonly Target[] }) {
  const readable: string[] = []
  let sent = 0
  const bodies = (text: string): [type: string, body: BodyInit][] => {
    const multipart = new FormData()
    multipart.set('body', text)
    return [
      ['application/json', new Blob([text], { type: 'application/json' })],
      ['text/plain', new Blob([text], { type: 'text/plain' })],
      ['form', new Blob([text], { type: 'application/x-www-form-urlencoded' })],
      ['multipart', multipart],
      ['no type', new Blob([text])],
    ]
  }
  const ask = async (path: string, type: string, init: object): Promise<void> => {
    sent += 1
    try {
      const response = await fetch(`${origin}${path}`, init as RequestInit)
      const text = await response.text()
      if (response.status !== 0 || text !== '')
        readable.push(`${JSON.stringify(init)} ${type} ${path}: ${response.status} ${text}`)
    } catch {
      // What a browser does not let a page read.
    }
  }
  for (const { path, body } of targets) {
    const all = bodies(body).flatMap(([type, content]) => [
      ask(path, type, { method: 'POST', credentials: 'include', mode: 'cors', body: content }),
      ask(path, type, { method: 'POST', credentials: 'include', mode: 'no-cors', body: content }),
    ])
    const others = ['POST', 'PUT', 'DELETE'].map((method) => ask(path, 'text', { method, mode: 'cors', body }))
    // It does not say then where it comes from.
    const nameless = ask(path, 'text', { method: 'POST', mode: 'no-cors', referrerPolicy: 'no-referrer', body })
    const reads = ['include', 'omit'].flatMap((credentials) =>
      ['cors', 'no-cors'].map((mode) => ask(path, 'none', { credentials, mode })),
    )
    for (const [, content] of bodies(body)) navigator.sendBeacon(`${origin}${path}`, content)
    await Promise.all([...all, ...others, nameless, ...reads])
  }
  return { readable, sent }
}

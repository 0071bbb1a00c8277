/** What `curl` is asked to send. The shell is real, so quotes, variables and here-documents mean what they mean. */
import { execFileSync } from 'node:child_process'
import { expect } from 'vitest'
import type { Step } from '../../../playground/page/code/steps.ts'
import type { Checkout } from './checkout.ts'
import { ACCESS_TOKEN, CLIENT_KEY, KEY, PROXY, proxy } from './proxy.ts'
import { codeOf } from './run-sample.ts'

export interface Sent {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
}

/** The requests of the sample, none of which is sent. */
export function curl(step: Step, variables: Record<string, string>, exitCode = 0): Sent[] {
  const stubs = `curl() { printf '%s\\0' "$@"; printf '\\001'; cat; printf '\\002'; return ${exitCode}; }
gpg() { cat; }
`
  const output = execFileSync('sh', ['-uc', `${stubs}${codeOf(step, 'curl')}\n:`], {
    env: { PATH: process.env.PATH ?? '', ...variables } as unknown as NodeJS.ProcessEnv,
    encoding: 'utf8',
    input: '',
  })
  return output.split('\x02').slice(0, -1).map(requestOf)
}

function requestOf(call: string): Sent {
  const [words = '', input = ''] = call.split('\x01')
  const sent: Sent = { method: '', url: '', headers: {}, body: null }
  const rest = words.split('\0').slice(0, -1)
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-X') sent.method = rest.shift() ?? ''
    else if (word === '-d') sent.body = (rest.shift() ?? '').replace(/^@-$/, input.replaceAll('\n', ''))
    else if (word === '-H') {
      const [, name = '', value = ''] = /^([\w-]+): (.+)$/.exec(rest.shift() ?? '') ?? []
      sent.headers[name.toLowerCase()] = value
    } else if (word !== '--fail-with-body' && word !== '-f') {
      expect(word).toMatch(/^https:\/\/(api\.mercadopago\.com|proxy\.example)\//)
      expect(sent.url).toBe('')
      sent.url = word
    }
  }
  sent.method ||= sent.body === null ? 'GET' : 'POST'
  return sent
}

/** Sends what curl would. */
export const send = (checkout: Checkout, { method, url, headers, body }: Sent): Promise<Response> =>
  url.startsWith(PROXY)
    ? proxy(checkout, new Request(url, { method, headers, body }))
    : checkout.emulator.fetch(url, { method, headers, body })

/** The variables of the shell. */
export const variablesOf = ({ args, agreement, payerToken }: Checkout): Record<string, string> => ({
  MERCADOPAGO_ACCESS_TOKEN: ACCESS_TOKEN,
  PROXY_CLIENT_KEY: CLIENT_KEY,
  SHOP: 'shop@shop.example',
  BUYER: 'buyer-1',
  AGREEMENT: agreement,
  PAYER_TOKEN: payerToken,
  DATA_ID: agreement,
  KEY,
  ...Object.fromEntries(Object.entries(args).map(([name, value]) => [name.toUpperCase(), value])),
})

import { createWalletConnect, type WalletConnectOptions } from 'mercadopago-wallet-connect'
import { type Equal, expectTrue } from './equal.ts'

const url = 'https://proxy.example'
const ticket = 'ey…'

createWalletConnect({ accessToken: 'TEST-1' })
createWalletConnect({ accessToken: () => 'TEST-1', baseURL: url })
createWalletConnect({ accessToken: async () => 'TEST-1', site: 'MLB', maxRetries: 0 })
createWalletConnect({ proxy: { url, ticket } })
createWalletConnect({ proxy: { url, ticket: async () => ticket }, timeoutMs: 5_000 })

// @ts-expect-error: accessToken or proxy is required
createWalletConnect({})
// @ts-expect-error: accessToken and proxy exclude each other
createWalletConnect({ accessToken: 'TEST-1', proxy: { url, ticket } })
// @ts-expect-error: baseURL and proxy exclude each other
createWalletConnect({ proxy: { url, ticket }, baseURL: url })
// @ts-expect-error: a proxy needs a ticket
createWalletConnect({ proxy: { url } })
// @ts-expect-error: a site that does not exist
createWalletConnect({ accessToken: 'TEST-1', site: 'MLX' })
// @ts-expect-error: a misspelt option
createWalletConnect({ accessToken: 'TEST-1', timeout: 5_000 })

expectTrue<[Equal<WalletConnectOptions['site'], 'MLA' | 'MLB' | 'MLC' | 'MCO' | 'MLM' | 'MPE' | 'MLU' | undefined>]>()

export function either(options: WalletConnectOptions): void {
  if (options.proxy) expectTrue<[Equal<typeof options.accessToken, undefined>]>()
  else expectTrue<[Equal<typeof options.accessToken, string | (() => string | Promise<string>)>]>()
}

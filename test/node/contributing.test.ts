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

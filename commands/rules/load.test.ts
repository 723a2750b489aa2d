import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadRegistry, RULES_FOLDER } from './load.ts'

// Inside the checkout, so that the files find what they import.
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(import.meta.dirname, '.rules-'))
  for (const room of ['posix', 'packs', 'data']) mkdirSync(join(folder, room))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(file: string, source: string): void {
  writeFileSync(join(folder, file), source)
}

/** A rule's file, with what it says changed. */
function ruleSource(change: Readonly<Record<string, string>> = {}): string {
  const parts: Record<string, string> = {
    id: "'posix.example'",
    title: "'Example'",
    severity: "'high'",
    on: "table('crontab')",
    attack: "['T1053.003']",
    means: "'It means.'",
    check: "'SELECT * FROM crontab;'",
    benign: "'It may be.'",
    runbook: "'Look.'",
    references: "['https://attack.mitre.org/techniques/T1053/003/']",
    detect: "({ columns }) => columns.command === 'x'",
    tests: "[{ name: 'yes', match: true, columns: { command: 'x' } }, { name: 'no', match: false }]",
    ...change,
  }
  const lines = Object.entries(parts).map(([name, value]) => `  ${name}: ${value},\n`)
  return `import { rule, table } from '../../../../src/detect/rule.ts'\nexport default rule({\n${lines.join('')}})\n`
}

const PACK = `import { pack } from '../../../../src/detect/pack.ts'
export const jobs = pack({ name: 'jobs', description: '', queries: { jobs: { query: 'SELECT command FROM crontab;', interval: 60, table: 'crontab' } } })
`

function writeIndex(...imports: readonly string[]): void {
  const lines = imports.map((file, index) => `import rule${index} from './posix/${file}'\n`)
  write(
    'index.ts',
    `${lines.join('')}import { jobs } from './packs/jobs.ts'\nexport const packs = [jobs]\nexport const rules = [${imports.map((_, index) => `rule${index}`).join(', ')}]\n`,
  )
}

async function problems(): Promise<readonly string[]> {
  const loaded = await loadRegistry(folder)
  return loaded.ok ? [] : loaded.problems
}

describe('loadRegistry', () => {
  it('finds no fault with the rules of this checkout', async () => {
    const loaded = await loadRegistry(RULES_FOLDER)
    expect(loaded.ok ? [] : loaded.problems).toEqual([])
    expect(loaded.ok && loaded.files.get('posix.ssh-login')).toBe('rules/posix/ssh-login.ts')
  })

  it('takes a registry without faults', async () => {
    write('posix/example.ts', ruleSource())
    write('packs/jobs.ts', PACK)
    writeIndex('example.ts')
    const loaded = await loadRegistry(folder)
    expect(loaded.ok && [...loaded.files]).toEqual([['posix.example', 'rules/posix/example.ts']])
    expect(loaded.ok && loaded.packs.map(({ name }) => name)).toEqual(['jobs'])
  })

  it.each([
    [{ severity: "'urgent'" }, /severity must be one of info, low, medium, high, critical/],
    [{ id: "'Posix Example'" }, /id must be lower-case words with hyphens, parted by dots: posix.new-thing/],
    [{ attack: "['T1086']" }, /ATT&CK [\d.]+ has no technique T1086; see https/],
    [{ on: "table('cron')" }, /osquery has no table "cron"; for a table of your own use query\(\)/],
    [{ freshness: "{ column: 'time', within: '1h' }" }, /table crontab has no column "time"/],
    [{ tests: "[{ name: 'yes', match: true }]" }, /tests need at least one that does not match/],
  ])('names the file of a rule with %j and how to mend it', async (change, message) => {
    write('posix/example.ts', ruleSource(change))
    const [first = '', ...others] = await problems()
    expect(first).toMatch(/^rules\/posix\/example\.ts: rule "/)
    expect(first).toMatch(message)
    expect(others).toEqual([])
  })

  it('names every faulty file at once', async () => {
    write('posix/a.ts', ruleSource({ severity: "'urgent'" }))
    write('posix/b.ts', 'export default rule({')
    write('posix/c.ts', 'export const rule = 1\n')
    write('posix/d.ts', ruleSource({ id: "'linux.example'" }))
    write('packs/jobs.ts', PACK.replace('interval: 60', 'interval: 0'))
    expect(await problems()).toEqual([
      expect.stringMatching(/^rules\/posix\/a\.ts: .*severity/),
      expect.stringMatching(/^rules\/posix\/b\.ts: ./),
      'rules/posix/c.ts: export default rule({ … }) is missing',
      'rules/posix/d.ts: its id must begin with "posix.", the folder it lies in',
      expect.stringMatching(/^rules\/packs\/jobs\.ts: pack "jobs", query "jobs": its interval must be/),
    ])
  })

  it('names both files of two rules with one id', async () => {
    write('posix/a.ts', ruleSource())
    write('posix/b.ts', ruleSource())
    expect(await problems()).toEqual([
      'rules/posix/b.ts: rules/posix/a.ts has a rule "posix.example" too; give one of them another id',
    ])
  })

  it('names the file of an expression that can backtrack without end, and the expression', async () => {
    write(
      'posix/example.ts',
      ruleSource({ detect: '({ columns }) => /^(\\w+\\s?)+$/.test(columns.command)' }),
    )
    expect(await problems()).toEqual([
      expect.stringMatching(
        /^rules\/posix\/example\.ts: \/\^\(\\w\+\\s\?\)\+\$\/ repeats a group that itself repeats.*test in two steps/,
      ),
    ])
  })

  it('names a rule that nobody registered', async () => {
    write('posix/example.ts', ruleSource())
    write('posix/other.ts', ruleSource({ id: "'posix.other'" }))
    write('packs/jobs.ts', PACK)
    writeIndex('example.ts')
    expect(await loadRegistry(folder)).toMatchObject({ ok: true, unregistered: ['rules/posix/other.ts'] })
  })
})

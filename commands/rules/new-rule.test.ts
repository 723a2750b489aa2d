import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packs, rules } from '../../rules/index.ts'
import type { Rule } from '../../src/detect/rule.ts'
import { mutantsOf } from '../../src/detect/rule-mutants.ts'
import { runRuleTests } from '../../src/detect/rule-test.ts'
import { type NewRuleRequest, newRule } from './new-rule.ts'
import { runTests, testText } from './test-run.ts'

const INDEX = `import type { Rule } from '../../src/detect/rule.ts'\n\n/** A room. */\nexport const roomRules: readonly Rule[] = []\n`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(import.meta.dirname, '.new-'))
  for (const room of ['posix', 'windows', 'macos', 'packs', 'data', 'sequences'])
    mkdirSync(join(folder, room))
  for (const room of ['posix', 'windows', 'macos', 'packs'])
    writeFileSync(join(folder, room, 'index.ts'), INDEX)
})
afterEach(() => rmSync(folder, { recursive: true }))

const make = (request: Partial<NewRuleRequest>) =>
  newRule(folder, { id: 'posix.odd-thing', attack: 'T1059', ...request }, { rules, packs })

/** The rule that a file gives when it lies where it belongs. */
async function written(file: string): Promise<{ readonly source: string; readonly rule: Rule }> {
  const path = join(folder, file)
  const source = readFileSync(path, 'utf8')
  writeFileSync(path, source.replace('../../src', '../../../../src'))
  const module: { readonly default: Rule } = await import(/* @vite-ignore */ pathToFileURL(path).href)
  return { source, rule: module.default }
}

describe('newRule', () => {
  it.each<[string, Partial<NewRuleRequest>]>([
    ['the table that the room is likely about', {}],
    ['another room', { id: 'windows.odd-thing' }],
    ['a table', { table: 'shell_history' }],
    ['a table that hosts send as snapshots', { table: 'osquery_info' }],
    ['a table of Windows', { id: 'windows.odd-task', table: 'scheduled_tasks', attack: 'T1053.005' }],
    ['a query', { query: 'unwanted-chrome-extensions/hola-vpn' }],
    ['a pack', { id: 'macos.odd-thing', pack: 'osx-attacks' }],
  ])(
    'writes a rule about %s that passes its tests, also those of mistakes, and the formatter',
    async (_, request) => {
      const made = make(request)
      if (!made.ok) throw new Error(made.reason)
      const id = request.id ?? 'posix.odd-thing'
      const { rule, source } = await written(made.file.replace('rules/', ''))
      expect(rule.id).toBe(id)
      expect(runRuleTests(rule).flatMap(({ failures }) => failures)).toEqual([])
      expect(mutantsOf(rule).filter(({ killedBy }) => killedBy.length === 0)).toEqual([])
      const biome = join(import.meta.dirname, '../../node_modules/.bin/biome')
      const formatted = execFileSync(biome, ['format', '--stdin-file-path=rules/posix/x.ts'], {
        input: source,
      })
      expect(source).toBe(formatted.toString())
      expect(readFileSync(join(folder, id.split('.')[0] ?? '', 'index.ts'), 'utf8')).toMatch(
        /\[odd(Thing|Task)\]/,
      )
      // Whoever leaves it as it is gets told.
      expect(testText(runTests([rule]), [rule], new Map())).toContain(
        `${id} still holds text of the template`,
      )
    },
  )

  it('says when no pack asks hosts for the table', () => {
    expect(make({ table: 'nvram' })).toMatchObject({
      ok: true,
      note: expect.stringContaining("add a query with table: 'nvram' to a pack in rules/packs"),
    })
    expect(make({ id: 'posix.other', table: 'crontab' })).toMatchObject({ ok: true, note: null })
  })

  it.each<[Partial<NewRuleRequest>, RegExp]>([
    [{ id: 'odd' }, /"odd" is no id for a rule: it must read ROOM\.NAME, with one of macos, posix, windows/],
    [{ id: 'posix.Odd' }, /is no id/],
    [{ id: 'posix.odd.thing' }, /is no id/],
    [{ id: 'posix.-odd' }, /is no id/],
    [{ id: '../posix.odd' }, /is no id/],
    [{ id: 'packs.odd' }, /is no id/],
    [{ id: 'sequences.odd' }, /is no id/],
    [{ id: 'nowhere.odd' }, /is no id/],
    [{ id: 'posix.ssh-login' }, /there is a rule "posix\.ssh-login" already/],
    [{ table: 'cron' }, /osquery has no table "cron"/],
    [{ query: 'nothing-like-it' }, /no pack has a query "nothing-like-it"; add it in rules\/packs first/],
    [{ pack: 'nothing-like-it' }, /there is no pack "nothing-like-it"/],
    [{ table: 'crontab', query: 'last' }, /give one of --table, --query and --pack/],
    [{ attack: 'T1' }, /ATT&CK has no technique "T1"/],
  ])('refuses %j and writes nothing', (request, reason) => {
    const made = make(request)
    expect(made.ok ? '' : made.reason).toMatch(reason)
    expect(readFileSync(join(folder, 'posix', 'index.ts'), 'utf8')).toBe(INDEX)
  })

  it('never writes over a file', () => {
    writeFileSync(join(folder, 'posix', 'odd-thing.ts'), 'mine')
    expect(make({})).toMatchObject({ ok: false, reason: 'there is a file rules/posix/odd-thing.ts already' })
    expect(readFileSync(join(folder, 'posix', 'odd-thing.ts'), 'utf8')).toBe('mine')
  })
})

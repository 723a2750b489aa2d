/** The registry of rules: what is there, whether it works, what it covers, and how a new one begins. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CATALOGUE } from '../rules/data/catalogue.ts'
import { NOT_COVERED } from '../rules/data/not-covered.ts'
import { coverageOf, coverageText } from './rules/coverage.ts'
import { expiredText } from './rules/exceptions.ts'
import { type Listed, listJson, listText } from './rules/list.ts'
import { type LoadedRegistry, loadRegistry, RULES_FOLDER } from './rules/load.ts'
import { mutate, mutationJson, mutationText, survivors } from './rules/mutation-run.ts'
import { newRule } from './rules/new-rule.ts'
import { LOGGERS, osqueryConf } from './rules/osquery-conf.ts'
import { rulesPage } from './rules/rules-page.ts'
import { runTests, testJson, testText } from './rules/test-run.ts'

const HELP = `Usage: npm run rules -- [COMMAND] [--json] [ID…]

  list [ID…]     every rule: id, severity, what it meets, ATT&CK techniques, title; and the exceptions (the default)
  test [ID…]     runs the test cases of the rules; exit code 1 when one fails
  mutate [ID…]   changes each rule in ways that its tests must notice; exit code 1 when one goes unseen
  new ID         writes rules/ROOM/NAME.ts for the id ROOM.NAME, a rule that passes its tests, and registers it
                   --table NAME    about rows of this osquery table
                   --query NAME    about whatever this query of a pack finds
                   --pack NAME     about whatever any query of this pack finds
                   --attack ID     the ATT&CK technique that it shows (T1059)
  coverage       the ATT&CK matrix with the rules for each technique, and the osquery tables that rules judge
  docs           writes docs/rules.md, the page of all rules
  osquery.conf   the packs as a configuration file for hosts that don't fetch theirs; flags go to standard error
                   --logger NAME   how such hosts send their logs: tls (the default), filesystem or aws_firehose

  ID…       only these rules; a part of an id is enough
  --json    one JSON object a line: of list a rule, of test a test case, of mutate a change; of coverage one object
  --help    this text

A rule is one file in rules/ROOM/, registered in the index.ts beside it; docs/writing-rules.md tells the rest. A rule or a
pack that is refused is named with its file and what to change, and the exit code is 1.
`

const OPTIONS = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  table: { type: 'string' },
  query: { type: 'string' },
  pack: { type: 'string' },
  attack: { type: 'string', default: 'T1059' },
  logger: { type: 'string', default: 'tls' },
} as const

type Registry = Extract<LoadedRegistry, { ok: true }>
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']
type Command = (registry: Registry, words: readonly string[], values: Values) => number

const COMMANDS: Readonly<Record<string, Command>> = {
  list: (registry, ids, { json }) =>
    ofChosen(registry, ids, chosen => {
      const now = Date.now()
      say(json ? listJson(chosen, registry.files, now) : listText(chosen, registry.packs, now))
      return 0
    }),
  test: (registry, ids, { json }) =>
    ofChosen(registry, ids, ({ rules, sequences, exceptions }) => {
      const run = runTests(rules, sequences)
      say(
        json
          ? testJson(run)
          : testText(run, [...rules, ...sequences.map(({ rule }) => rule)], registry.files),
      )
      return complain(expiredText(exceptions, Date.now()), run.failed.length === 0 ? 0 : 1)
    }),
  mutate: (registry, ids, { json }) =>
    ofChosen(registry, ids, ({ rules, sequences }) => {
      const mutated = mutate(rules, sequences)
      say(json ? mutationJson(mutated) : mutationText(mutated))
      return survivors(mutated).length === 0 ? 0 : 1
    }),
  new: (registry, [id, ...rest], values) => {
    if (id === undefined || rest.length > 0) return complain('new takes one id, like posix.odd-cron-job\n', 2)
    const { attack, table, query, pack } = values
    const made = newRule(RULES_FOLDER, { id, attack, table, query, pack }, registry)
    if (!made.ok) return complain(`${made.reason}\n`, 2)
    say(`Wrote ${made.file} and registered it. Change it, then: npm run rules -- test ${id}\n`)
    if (made.note !== null) say(`${made.note}\n`)
    return 0
  },
  coverage: ({ rules, sequences, packs }, _, { json }) => {
    const coverage = coverageOf([...rules, ...sequences.map(({ rule }) => rule)], packs)
    say(json ? `${JSON.stringify(coverage)}\n` : coverageText(coverage))
    return 0
  },
  docs: ({ rules, sequences, packs }) => {
    writeFileSync(
      join(RULES_FOLDER, '..', 'docs', 'rules.md'),
      rulesPage({ rules, sequences, packs, notCovered: NOT_COVERED, catalogue: CATALOGUE }),
    )
    say(`Wrote docs/rules.md with ${rules.length + sequences.length} rules.\n`)
    return 0
  },
  'osquery.conf': ({ packs }, _, { logger: wanted }) => {
    const logger = LOGGERS.find(known => known === wanted)
    if (logger === undefined)
      return complain(`--logger must be one of ${LOGGERS.join(', ')}, not "${wanted}"\n`, 2)
    const { conf, flags } = osqueryConf(packs, logger)
    say(conf)
    return complain(`Flags for /etc/osquery/osquery.flags:\n${flags.map(flag => `  ${flag}\n`).join('')}`, 0)
  },
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS })
  const [name = 'list', ...words] = positionals
  if (values.help) {
    say(HELP)
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) return complain(`no command "${name}"\n\n${HELP}`, 2)
  const registry = await loadRegistry(RULES_FOLDER)
  if (!registry.ok) return complain(registry.problems.map(problem => `✗ ${problem}\n`).join(''), 1)
  const code = command(registry, words, values)
  for (const file of registry.unregistered)
    complain(`✗ ${file} is not registered: add it to index.ts beside it\n`, 1)
  return name === 'test' && registry.unregistered.length > 0 ? 1 : code
}

function ofChosen(registry: Registry, ids: readonly string[], run: (chosen: Listed) => number): number {
  const isChosen = (id: string) => ids.length === 0 || ids.some(part => id.includes(part))
  const rules = registry.rules.filter(({ id }) => isChosen(id))
  const sequences = registry.sequences.filter(({ id }) => isChosen(id))
  const exceptions = registry.exceptions.filter(({ rule }) => isChosen(rule))
  return rules.length + sequences.length === 0
    ? complain(`no rule has an id like ${ids.join(', ')}\n`, 2)
    : run({ rules, sequences, exceptions })
}

function say(text: string): void {
  process.stdout.write(text)
}

function complain(text: string, code: number): number {
  process.stderr.write(text)
  return code
}

try {
  process.exitCode = await main()
} catch (error) {
  // parseArgs throws on an unknown option.
  if (!(error instanceof TypeError && 'code' in error)) throw error
  process.exitCode = complain(`${error.message}\n\n${HELP}`, 2)
}

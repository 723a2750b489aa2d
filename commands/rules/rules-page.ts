import type { CatalogueItem } from '../../rules/data/catalogue.ts'
import type { NotCovered } from '../../rules/data/not-covered.ts'
import { attackUrl } from '../../src/detect/attack.ts'
import { feedingQueries } from '../../src/detect/feeds.ts'
import type { Pack } from '../../src/detect/pack.ts'
import type { Rule } from '../../src/detect/rule.ts'
import type { Sequence } from '../../src/detect/sequence.ts'
import { meets } from './list.ts'

/** What docs/rules.md is made of. */
export interface PageContent {
  readonly rules: readonly Rule[]
  readonly sequences: readonly Sequence[]
  readonly packs: readonly Pack[]
  readonly notCovered: readonly NotCovered[]
  readonly catalogue: readonly CatalogueItem[]
}

/** The page of all rules for responders and for who looks what is covered, as Markdown. The same rules give the same page. */
export function rulesPage({ rules, sequences, packs, notCovered, catalogue }: PageContent): string {
  const rooms = Map.groupBy(rules, ({ id }) => id.split('.')[0] ?? '')
  const pairs = sequences.map(({ rule }) => rule)
  const queries = packs.reduce((sum, pack) => sum + Object.keys(pack.queries).length, 0)
  return [
    '# Rules\n',
    '<!-- Written by `npm run rules -- docs`; change the rules, not this. -->\n',
    `${counted(rules.length, sequences.length)} over the rows of ${queries} queries in ${packs.length} packs. How to write one: [writing-rules.md](writing-rules.md).\n`,
    ...[...rooms].map(([room, ofRoom]) => roomTable(room, ofRoom)),
    ...(pairs.length === 0 ? [] : [roomTable('Pairs of matches', pairs)]),
    `## What no rule finds\n`,
    notCovered.length === 0 ? 'Nothing is noted.\n' : notCoveredTable(notCovered),
    ...(catalogue.length === 0 ? [] : [catalogueTable(catalogue, notCovered, anchors(rules, pairs))]),
    ...rules.map(rule => section(rule, meets(rule), packs)),
    ...sequences.map(one => section(one.rule, pairOf(one), [])),
  ].join('\n')
}

function roomTable(room: string, rules: readonly Rule[]): string {
  const rows = rules.map(
    rule =>
      `| [${rule.id}](#${anchorOf(rule.id)}) | ${standing(rule)} | ${cell(rule.title)} | ${techniques(rule)} |\n`,
  )
  return `## ${room}\n\n| rule | severity | what it finds | ATT&CK |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

function notCoveredTable(notCovered: readonly NotCovered[]): string {
  const rows = notCovered.map(
    ({ what, tables, needs }) => `| ${cell(what)} | ${tables.map(code).join(' ')} | ${cell(needs)} |\n`,
  )
  return `| what | tables | what it would need |\n| --- | --- | --- |\n${rows.join('')}`
}

/** Ids that have a section on the page; what Margay watches over itself has none. */
function anchors(rules: readonly Rule[], pairs: readonly Rule[]): ReadonlySet<string> {
  return new Set([...rules, ...pairs].map(({ id }) => id))
}

function catalogueTable(
  catalogue: readonly CatalogueItem[],
  notCovered: readonly NotCovered[],
  shown: ReadonlySet<string>,
): string {
  const missing = new Map(notCovered.map(({ name, what }) => [name, what]))
  const link = (id: string) => (shown.has(id) ? `[${id}](#${anchorOf(id)})` : code(id))
  const rows = catalogue.map(
    ({ what, foundBy, except }, at) =>
      `| ${at + 1} | ${cell(what)} | ${foundBy.map(link).join(' ')} | ${cell(except === undefined ? '' : (missing.get(except) ?? except))} |\n`,
  )
  return `## What others look for with osquery\n\n| | what | found by | but not |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

function section(rule: Rule, met: string, packs: readonly Pack[]): string {
  const fedBy = feedingQueries(rule, packs).map(({ pack, name }) => code(`${pack}/${name}`))
  const lines = [
    `**${text(rule.title)}.** Severity ${standing(rule)}; meets ${code(met)}${rule.attack.length === 0 ? '' : `; ${techniques(rule)}`}.`,
    text(rule.means),
    `*Innocent causes:* ${text(rule.benign)}`,
    `*What to do:* ${text(rule.runbook)}`,
    ...(rule.check === '' ? [] : [`Look on the host:\n\n\`\`\`sql\n${rule.check}\n\`\`\``]),
    ...notes(rule),
    ...(fedBy.length === 0 ? [] : [`Fed by ${shortened(fedBy)}.`]),
    ...(rule.references.length === 0
      ? []
      : [`Read on: ${rule.references.map(url => `<${url}>`).join(', ')}`]),
  ]
  return `### ${rule.id}\n\n${lines.join('\n\n')}\n`
}

function counted(rules: number, sequences: number): string {
  return sequences === 0 ? `${rules} rules` : `${rules} rules and ${sequences} pairs of matches`
}

/** `posix.failed-login, then posix.ssh-login within 10 minutes`. */
function pairOf({ first, next, atLeast, withinMs }: Sequence): string {
  const times = atLeast === 1 ? '' : `${atLeast} times `
  return `${times}${first.id}, then ${next.id} within ${duration(withinMs / 60_000)}`
}

/** Names shown of those that feed a rule: packs of a hundred traces would fill the page. */
const FEEDS_SHOWN = 6

function shortened(names: readonly string[]): string {
  const more = names.length - FEEDS_SHOWN
  return more > 0 ? `${names.slice(0, FEEDS_SHOWN).join(', ')} and ${more} more` : names.join(', ')
}

/** How it counts and what it passes over, where that is not the usual. */
function notes({
  threshold,
  unique,
  dedupMinutes,
  freshness,
  ignoreInitial,
  replaces,
}: Rule): readonly string[] {
  const within = duration(dedupMinutes)
  return [
    ...(threshold > 1
      ? [`Alerts from ${threshold} ${unique ? 'distinct values' : 'matches'} within ${within}.`]
      : []),
    ...(threshold === 1 && dedupMinutes !== 60 ? [`Matches within ${within} share an alert.`] : []),
    ...(freshness === null
      ? []
      : [
          `Passes over rows whose \`${freshness.column}\` is more than ${duration(freshness.withinMs / 60_000)} old.`,
        ]),
    ...(ignoreInitial ? ['Passes over what was there when the query first ran.'] : []),
    ...(replaces.length > 0 ? [`Stands in for ${replaces.map(code).join(', ')}.`] : []),
  ]
}

function duration(minutes: number): string {
  if (minutes % 1440 === 0) return minutes === 1440 ? 'a day' : `${minutes / 1440} days`
  if (minutes % 60 === 0) return minutes === 60 ? 'an hour' : `${minutes / 60} hours`
  return `${minutes} minutes`
}

function standing({ enabled, alert, severity }: Rule): string {
  if (!enabled) return `${severity} (off)`
  return alert ? severity : `${severity} (signal, no alert)`
}

function techniques(rule: Rule): string {
  return rule.attack.map(technique => `[${technique}](${attackUrl(technique)})`).join(' ')
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}

function code(value: string): string {
  return `\`${value}\``
}

/** Text of a rule, none of which is Markdown: `<`, `*` and `_` are meant as they stand. */
function text(value: string): string {
  return value.replace(/[\\*_<[\]]/g, '\\$&').replace(/^#/gm, '\\#')
}

function cell(value: string): string {
  return text(value).replaceAll('|', '\\|').replaceAll('\n', ' ')
}

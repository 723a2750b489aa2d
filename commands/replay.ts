/** Takes osquery log files, or what is stored, through the rules, offline: what would Margay have made of it? */
import { createReadStream, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { exceptions, packs, rules, sequences } from '../rules/index.ts'
import { alertRouting } from '../rules/routing.ts'
import { PROJECT } from './local/wrangler.ts'
import { folderLake } from './replay/folder-lake.ts'
import { type Lake, storedEvents } from './replay/lake.ts'
import type { Line } from './replay/lines.ts'
import { localLake } from './replay/local-lake.ts'
import { readQueries } from './replay/queries.ts'
import { rangeOf, type TimeRange } from './replay/range.ts'
import { Replay, type Tally } from './replay/replay.ts'

const HELP = `Usage: npm run replay -- [--events] [--matches] [--alerts] [--rule ID]… [--queries osquery.conf] FILE…
       npm run replay -- --lake [--from DIR] [--events] [--matches] [--alerts] [--rule ID]… FROM TO

  FILE…       osquery log files (a JSON record a line) or TLS bodies, gzipped or not; - reads standard input
  --lake      what is stored instead, of all that was received from FROM until TO, up to this moment: the lake of
              npm run dev on this machine
  --from      the lake is in this folder: segments copied from the bucket, with their folders date=…/hour=…
  FROM TO     now, 24h or 7d (before now), 2026-11-24, 2026-11-24T13:05; in UTC, TO not included
  --events    every event, as rules see it
  --matches   every match of a rule, and every error of one
  --alerts    the alerts that the matches make, grouped as if each event were received at its own time
  --rule      only this rule, also when it is not enabled; may be given more than once
  --queries   an osquery configuration file: tells which table a query of the log is about
  --help      this text

Writes one JSON object a line, "kind" saying what it is: event, match, rule_error, alert, or rejected (file, line, reason)
for what could not be read, which is always written. Without a choice, matches. A summary goes to standard error.
Exit code 0, 1 when something could not be read, 2 when the command was not understood.
`

/** Writes lines as they come, no faster than the reader takes them. */
async function write(lines: AsyncIterable<Line> | Iterable<Line>): Promise<void> {
  for await (const line of lines) {
    if (!process.stdout.write(`${JSON.stringify(line)}\n`)) {
      await new Promise<void>(resolve => process.stdout.once('drain', resolve))
    }
  }
}

/** The command line as understood, or what is wrong with it. */
function readArguments(now: number) {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        events: { type: 'boolean', default: false },
        matches: { type: 'boolean', default: false },
        alerts: { type: 'boolean', default: false },
        rule: { type: 'string', multiple: true, default: [] },
        queries: { type: 'string', multiple: true, default: [] },
        lake: { type: 'boolean', default: false },
        from: { type: 'string' },
        // Where the state of npm run dev lies; for tests.
        state: { type: 'string', default: `${PROJECT}/.wrangler/state` },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const range = values.help ? null : rangeGiven(values.lake, positionals, now)
    if (typeof range === 'string') return range
    const unknown = values.rule.find(id => ![...rules, ...sequences].some(rule => rule.id === id))
    if (unknown !== undefined) return `there is no rule "${unknown}"; npm run rules lists them`
    if (values.from !== undefined && !values.lake) return '--from goes with --lake'
    const packsGiven = values.queries.flatMap(file => readQueries(readFileSync(file, 'utf8')))
    return { ...values, range, files: positionals, packsGiven }
  } catch (error) {
    // An unknown option, or a --queries file that is none.
    return messageOf(error)
  }
}

/** The range to read of the lake, null for files, or what is wrong. */
function rangeGiven(lake: boolean, words: readonly string[], now: number): TimeRange | null | string {
  if (!lake) return words.length === 0 ? 'no file given' : null
  const [from, to, ...more] = words
  if (from === undefined || to === undefined || more.length > 0) {
    return '--lake takes two times, from when until when: --lake 24h now'
  }
  return rangeOf(from, to, now)
}

async function main(): Promise<number> {
  const now = Date.now()
  const given = readArguments(now)
  if (typeof given === 'string') return complain(`${given}\n\n${HELP}`, 2)
  const { events, matches, alerts, help, files, packsGiven, range, rule: ids } = given
  if (help) {
    process.stdout.write(HELP)
    return 0
  }
  const replay = new Replay(
    { events, matches: matches || !(events || alerts), alerts },
    { ...chosenOf(ids), packs: [...packs, ...packsGiven], routing: alertRouting },
    now,
  )
  const unread = range === null ? await replayFiles(replay, files) : await replayLake(replay, range, given)
  await write(replay.end())
  complain(summary(replay.tally, unread, alerts, range !== null), 0)
  return unread === 0 ? 0 : 1
}

/** Everything, or the rules and sequences named, with what these are made of and what is excepted from them. */
function chosenOf(ids: readonly string[]) {
  if (ids.length === 0) return { rules, sequences, exceptions }
  const pairs = sequences.filter(({ id }) => ids.includes(id))
  const wanted = new Set([...ids, ...pairs.flatMap(({ first, next }) => [first.id, next.id])])
  return {
    rules: rules.filter(({ id }) => wanted.has(id)).map(rule => ({ ...rule, enabled: true })),
    sequences: pairs.map(one => ({ ...one, rule: { ...one.rule, enabled: true } })),
    exceptions: exceptions.filter(({ rule }) => wanted.has(rule)),
  }
}

/** How many of the files could not be read. */
async function replayFiles(replay: Replay, files: readonly string[]): Promise<number> {
  let unread = 0
  for (const file of files) {
    try {
      await write(replay.file(file, file === '-' ? process.stdin : createReadStream(file)))
    } catch (error) {
      unread += 1
      complain(`${file} could not be read: ${messageOf(error)}\n`, 1)
    }
  }
  return unread
}

/** How many segments could not be read; one when that is true of the whole lake. */
async function replayLake(
  replay: Replay,
  range: TimeRange,
  place: { readonly from?: string | undefined; readonly state: string },
): Promise<number> {
  let unread = 0
  let lake: Lake | null = null
  try {
    lake = place.from === undefined ? await localLake(place.state) : folderLake(place.from)
    const broken: Line[] = []
    const stored = storedEvents(lake, range, (segment, error) => {
      broken.push(replay.unreadSegment(segment, error))
    })
    for await (const event of stored) await write(replay.stored(event))
    await write(broken)
    unread = broken.length
  } catch (error) {
    unread += 1
    complain(`the lake could not be read: ${messageOf(error)}\n`, 1)
  } finally {
    await lake?.close()
  }
  return unread
}

function summary(tally: Tally, unread: number, alerts: boolean, isLake: boolean): string {
  const parts = [
    ...(isLake
      ? [`${tally.segments} segments${unread > 0 ? ` (${unread} more could not be read)` : ''}`]
      : [
          `${tally.files} files${unread > 0 ? ` (${unread} more could not be read)` : ''}`,
          `${tally.records} records`,
        ]),
    `${tally.events} events`,
    `${tally.rejected} rejected`,
    ...(tally.repeated > 0 ? [`${tally.repeated} repeated`] : []),
    `${tally.matches} matches`,
    `${tally.ruleErrors} rule errors`,
    ...(alerts ? [`${tally.alerts} alerts`] : []),
  ]
  return `${parts.join(', ')}\n`
}

function complain(text: string, code: number): number {
  process.stderr.write(text)
  return code
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

// `replay … | head` closes the pipe early, which is no failure.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0) // Errors of streams carry a code.
  throw error
})

process.exitCode = await main()

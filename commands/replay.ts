/** Takes osquery log files through normalization and the rules, offline: what would Margay have made of them? */
import { createReadStream, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { packs, rules } from '../rules/index.ts'
import { destinations } from '../rules/routing.ts'
import type { Line } from './replay/lines.ts'
import { readQueries } from './replay/queries.ts'
import { Replay, type Tally } from './replay/replay.ts'

const HELP = `Usage: npm run replay -- [--events] [--matches] [--alerts] [--queries osquery.conf] FILE…

  FILE…       osquery log files (a JSON record a line) or TLS bodies, gzipped or not; - reads standard input
  --events    every event, as rules see it
  --matches   every match of a rule, and every error of one
  --alerts    the alerts that the matches make, grouped as if each event were received at its own time
  --queries   an osquery configuration file: tells which table a query of the log is about
  --help      this text

Writes one JSON object a line, "kind" saying what it is: event, match, rule_error, alert, or rejected (file, line, reason)
for what could not be read, which is always written. Without a choice, matches. A summary goes to standard error.
Exit code 0, 1 when a file could not be read, 2 when the command was not understood.
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
function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        events: { type: 'boolean', default: false },
        matches: { type: 'boolean', default: false },
        alerts: { type: 'boolean', default: false },
        queries: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (positionals.length === 0 && !values.help) return 'no file given'
    const packsGiven = values.queries.flatMap(file => readQueries(readFileSync(file, 'utf8')))
    return { ...values, files: positionals, packsGiven }
  } catch (error) {
    // An unknown option, or a --queries file that is none.
    return messageOf(error)
  }
}

async function main(): Promise<number> {
  const given = readArguments()
  if (typeof given === 'string') return complain(`${given}\n\n${HELP}`, 2)
  const { events, matches, alerts, help, files, packsGiven } = given
  if (help) {
    process.stdout.write(HELP)
    return 0
  }
  const replay = new Replay(
    { events, matches: matches || !(events || alerts), alerts },
    { rules, packs: [...packs, ...packsGiven], destinations },
    Date.now(),
  )
  let unread = 0
  for (const file of files) {
    try {
      await write(replay.file(file, file === '-' ? process.stdin : createReadStream(file)))
    } catch (error) {
      unread += 1
      complain(`${file} could not be read: ${messageOf(error)}\n`, 1)
    }
  }
  await write(replay.end())
  complain(summary(replay.tally, unread, alerts), 0)
  return unread === 0 ? 0 : 1
}

function summary(tally: Tally, unread: number, alerts: boolean): string {
  const parts = [
    `${tally.files} files${unread > 0 ? ` (${unread} more could not be read)` : ''}`,
    `${tally.records} records`,
    `${tally.events} events`,
    `${tally.rejected} rejected`,
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

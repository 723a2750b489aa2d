import { readArguments, wholeNumber } from '../local/arguments.ts'

export const HELP = `npm run demo [-- --hosts N --seconds N --port N --rule ID --json --kill]

Runs Margay whole on this machine: the Worker with its D1, R2 and queues in a fresh directory, a fleet of simulated
osquery hosts, and a stand-in for PagerDuty. Among the hosts are some with hostile rows, one that floods, one on a bad
network, one that posts rubbish, one that falls silent and comes back, and one whose logging breaks while it goes on asking
for its config. Someone acknowledges and resolves alerts, in PagerDuty and by the API. Everything that happens is told.

  --hosts N     how many hosts, 7 to 200 (10)
  --seconds N   end by itself after so long, at least 30: then compares what hosts posted with what is stored, and what
                should have paged with what did. Exits 0 only if every line is stored exactly once and every expected
                alert was delivered. Without it the demo runs until Ctrl-C.
  --port N      port of the Worker (8787)
  --rule ID     let the first test of this rule that matches happen on a host too: a rule of your own pages before your eyes
  --json        print the summary as one JSON object on stdout, all else on stderr
  --kill        kill -9 the Worker after three quarters of the time, right after it acknowledged a post, and start it again
                on what was on disk
  --help        this text`

export interface DemoOptions {
  readonly hosts: number
  /** Null runs until Ctrl-C. */
  readonly seconds: number | null
  readonly port: number
  readonly json: boolean
  readonly kill: boolean
  /** Id of a rule whose test is played besides. */
  readonly rule: string | null
}

export type ReadOptions =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly reason: string }

/** Every part of the fleet needs a host of its own. */
const LEAST_HOSTS = 7
const MOST_HOSTS = 200
/** Less is too short for a host to fall silent, be missed and come back. */
const LEAST_SECONDS = 30
const MOST_SECONDS = 86_400

export function readOptions(args: string[]): ReadOptions {
  const read = readArguments(args, {
    hosts: { type: 'string', default: '10' },
    seconds: { type: 'string' },
    port: { type: 'string', default: '8787' },
    json: { type: 'boolean', default: false },
    kill: { type: 'boolean', default: false },
    rule: { type: 'string' },
    help: { type: 'boolean', default: false },
  })
  if (!read.ok) return { kind: 'wrong', reason: read.reason }
  const { values } = read
  if (values.help) return { kind: 'help' }
  const hosts = wholeNumber(values.hosts, LEAST_HOSTS, MOST_HOSTS)
  if (hosts === null) return wrongNumber('hosts', values.hosts, LEAST_HOSTS, MOST_HOSTS)
  const port = wholeNumber(values.port, 1, 65_535)
  if (port === null) return wrongNumber('port', values.port, 1, 65_535)
  const seconds =
    values.seconds === undefined ? undefined : wholeNumber(values.seconds, LEAST_SECONDS, MOST_SECONDS)
  if (seconds === null) return wrongNumber('seconds', values.seconds ?? '', LEAST_SECONDS, MOST_SECONDS)
  if (values.kill && seconds === undefined) {
    return { kind: 'wrong', reason: '--kill needs --seconds: without an end there is nothing to compare.' }
  }
  return {
    kind: 'run',
    options: {
      hosts,
      port,
      seconds: seconds ?? null,
      json: values.json,
      kill: values.kill,
      rule: values.rule ?? null,
    },
  }
}

function wrongNumber(name: string, text: string, least: number, most: number): ReadOptions {
  return { kind: 'wrong', reason: `--${name} must be a number from ${least} to ${most}, not "${text}".` }
}

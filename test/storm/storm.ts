import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { BadServer } from '../bad-server/bad-server.ts'
import { well } from '../bad-server/badness.ts'
import { KEY } from '../bad-server/stage.ts'
import { cronFromTmp, line } from '../conformance/peers/peer-case.ts'
import { type BuiltWorker, RealWorker } from '../real-worker.ts'

const SECOND_MS = 1_000
const KIB = 1_024
const POSTS_AT_ONCE = 8
const ENROLLMENTS_AT_ONCE = 8
/** A storm that is not over by then never will be. */
const LIMIT_MS = 300 * SECOND_MS
const RULE = 'posix.cron-loads-from-tmp'

interface StormSize {
  /** Hosts that meet one rule, whose alerts are one for each host. */
  readonly hosts: number
  readonly matchesOfEach: number
}

/** What a storm came to. Times in ms. */
export interface StormReport {
  readonly matches: number
  /** From the first post to the last match in D1. */
  readonly wallMs: number
  /** From the post of another rule's critical match, halfway through, to PagerDuty. */
  readonly criticalMs: number
  /** From a post to its reply. */
  readonly postP50Ms: number
  readonly postP99Ms: number
  readonly counted: number
  readonly rows: number
  readonly alerts: number
  /** Alerts of the rule of which PagerDuty heard, the one that stands for the rest included. */
  readonly told: number
  /** What the alert that stands for the rest says it stands for; 0 when there is none. */
  readonly held: number
  /** Most requests to PagerDuty within any minute. */
  readonly mostInAMinute: number
  /** Most resident memory of workerd over what it was before: all isolates, local D1, R2 and queues together. */
  readonly grownMebibytes: number
}

/** Lets one rule match so often through the whole Worker, in real time, with a critical alert of another rule midway. */
export async function storm(built: BuiltWorker, size: StormSize): Promise<StormReport> {
  await using server = new BadServer([KEY], () => well)
  const origin = await server.listen()
  const before = new Set(workerdPids())
  const worker = await RealWorker.start(built, {
    PAGERDUTY_ROUTING_KEY: KEY,
    PAGERDUTY_EVENTS_URL: `${origin}/v2/enqueue`,
  })
  const pid = workerdPids().find(known => !before.has(known))
  const names = Array.from({ length: size.hosts }, (_, n) => `web-${n}.example.com`)
  const keys = await together(names, ENROLLMENTS_AT_ONCE, name => worker.enroll(name))
  const watcher = await worker.enroll('db-01.example.com')
  const memory = new PeakMemory(pid)
  try {
    return await measure(worker, server, { size, keys, watcher, memory })
  } finally {
    memory.stop()
    await worker.stop()
  }
}

interface Run {
  readonly size: StormSize
  readonly keys: readonly string[]
  readonly watcher: string
  readonly memory: PeakMemory
}

async function measure(worker: RealWorker, server: BadServer, run: Run): Promise<StormReport> {
  const { size, keys, watcher, memory } = run
  const matches = size.hosts * size.matchesOfEach
  const began = Date.now()
  const took: number[] = []
  let criticalAt = 0
  await together(keys, POSTS_AT_ONCE, async (key, n) => {
    if (n === Math.floor(keys.length / 2)) {
      criticalAt = Date.now()
      await worker.log(watcher, [line('pack_incident-response_users', { uid: '0', username: 'twin' })])
    }
    const posted = Date.now()
    await worker.log(key, matchingLines(n, size.matchesOfEach))
    took.push(Date.now() - posted)
  })
  const rows = () => worker.number(`SELECT count(*) AS n FROM matches WHERE rule_id = '${RULE}'`)
  await untilSlowly(async () => (await rows()) >= matches)
  const wallMs = Date.now() - began
  const critical = () => server.pagerDuty.incidents.find(({ summary }) => summary.includes('twin has uid 0'))
  await untilSlowly(() => critical() !== undefined)
  await untilSlowly(async () => (await worker.number(UNDER_WAY)) === 0)
  took.sort((a, b) => a - b)
  return {
    matches,
    wallMs,
    criticalMs: (critical()?.openedAt ?? Number.NaN) - criticalAt,
    postP50Ms: took[Math.floor(took.length * 0.5)] ?? Number.NaN,
    postP99Ms: took[Math.floor(took.length * 0.99)] ?? Number.NaN,
    counted: await worker.number(
      `SELECT sum(event_count) AS n FROM alerts WHERE rule_id = '${RULE}' AND kind = 'match'`,
    ),
    rows: await rows(),
    alerts: await worker.number(
      `SELECT count(*) AS n FROM alerts WHERE rule_id = '${RULE}' AND kind = 'match'`,
    ),
    told: server.pagerDuty.incidents.filter(incident => incident !== critical()).length,
    held: await worker.number(
      `SELECT coalesce(sum(event_count), 0) AS n FROM alerts WHERE rule_id = '${RULE}' AND kind = 'system'`,
    ),
    mostInAMinute: mostWithin(
      server.seen.map(({ at }) => at),
      60 * SECOND_MS,
    ),
    grownMebibytes: memory.grownMebibytes,
  }
}

/** Triggers that wait to be sent. Updates have their time, minutes later. */
const UNDER_WAY =
  "SELECT count(*) AS n FROM deliveries WHERE action = 'trigger' AND state IN ('pending', 'leased')"

function matchingLines(host: number, count: number): readonly unknown[] {
  return Array.from({ length: count }, (_, n) =>
    cronFromTmp({
      hostIdentifier: `web-${host}.example.com`,
      columns: { command: `/tmp/job-${n}`, path: '/var/spool/cron/root' },
    }),
  )
}

/** Does it for each, so many at once, in order. */
async function together<Item, Made>(
  items: readonly Item[],
  atOnce: number,
  make: (item: Item, index: number) => Promise<Made>,
): Promise<readonly Made[]> {
  const made: Made[] = []
  const entries = items.entries()
  const hand = async () => {
    for (const [index, item] of entries) made[index] = await make(item, index)
  }
  await Promise.all(Array.from({ length: atOnce }, hand))
  return made
}

/** Asking costs the Worker's D1 time, so it is seldom. */
async function untilSlowly(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('the storm is not over')
    await sleep(SECOND_MS / 2)
  }
}

function mostWithin(times: readonly number[], windowMs: number): number {
  return Math.max(0, ...times.map(from => times.filter(at => at >= from && at < from + windowMs).length))
}

/** Resident memory of a process, looked at four times a second. Linux only: elsewhere it never grows. */
class PeakMemory {
  readonly #pid: number | undefined
  readonly #atFirst: number
  readonly #timer: NodeJS.Timeout
  #peak: number

  constructor(pid: number | undefined) {
    this.#pid = pid
    this.#atFirst = this.#now()
    this.#peak = this.#atFirst
    this.#timer = setInterval(() => {
      this.#peak = Math.max(this.#peak, this.#now())
    }, SECOND_MS / 4)
  }

  get grownMebibytes(): number {
    return Math.round((this.#peak - this.#atFirst) / KIB)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #now(): number {
    if (this.#pid === undefined) return 0
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8'))?.[1])
  }
}

/** Processes of workerd that this one started. */
function workerdPids(): readonly number[] {
  if (process.platform !== 'linux') return []
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).filter(pid => {
    try {
      return new RegExp(`^\\d+ \\(workerd\\) \\S ${process.pid} `).test(
        readFileSync(`/proc/${pid}/stat`, 'utf8'),
      )
    } catch (error) {
      // It ended between the two looks.
      if (error instanceof Error && 'code' in error) return false
      throw error
    }
  })
}

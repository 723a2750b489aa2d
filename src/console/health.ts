import type { Destination } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { brokenDestinations } from '../notify/broken.ts'
import { destinationProblems } from '../notify/target.ts'
import { type BriefBacklog, briefBacklog } from '../store/backlog.ts'
import { within } from '../store/within.ts'

type CheckResult = 'ok' | 'failing'

/** What `/healthz` tells: names and two words to anyone, and how much waits to whoever has the admin token. */
export interface Health {
  /** `failing`: posts can't be accepted as promised; `degraded`: they can, but something behind is not well. */
  readonly status: 'ok' | 'degraded' | 'failing'
  readonly checks: {
    /** Can a post be put where large ones go, and small ones when the queue refuses? */
    readonly r2: CheckResult
    /** Is there a queue to put posts on? */
    readonly queue: CheckResult
    /** Are there secrets by which hosts can enroll and node keys be proven? */
    readonly secrets: CheckResult
    /** Does the database answer? Posts are accepted without it. */
    readonly d1: CheckResult
    /** Is the rest of the configuration whole? */
    readonly settings: CheckResult
    /** Has every destination its key and an allowed URL, and does none refuse everything? Alerts to such a one wait, parked. */
    readonly destinations: CheckResult
    /** Did the canary come round within the last minutes? Also well while none has flown yet. */
    readonly canary: CheckResult
  }
  /** Ages in seconds, null when there is nothing of that age; null as a whole without the token, or when D1 can't tell. */
  readonly backlog: {
    /** Deliveries that wait, at most 1,000. */
    readonly pending: number
    readonly oldest_undelivered_seconds: number | null
    /** At most 1,000. */
    readonly parked: number
    readonly canary_age_seconds: number | null
  } | null
}

/** Longer than R2 and D1 ever take when well; an outside probe waits 5 to 10 s. */
const PROBE_LIMIT_MS = 2_000
/** An object that need not exist: whether R2 answers is what is asked. */
const PROBE_KEY = 'state/probe'
/** Cron sends one each minute. */
const CANARY_LATE_SECONDS = 300

/** Probes what accepting a post needs, and what comes after. Never throws. */
export async function health(world: World, destinations: readonly Destination[]): Promise<Health> {
  const { enrollSecrets, nodeKeySecrets, problems } = world.settings
  const [r2, waiting, broken] = await Promise.all([
    probe(world, () => world.bucket.head(PROBE_KEY)),
    within(world, PROBE_LIMIT_MS, () => briefBacklog(world.db, world.now())),
    within(world, PROBE_LIMIT_MS, () => brokenDestinations(world, destinations)),
  ])
  const backlog = waiting.kind === 'done' ? shown(waiting.value, world.now()) : null
  const checks = {
    r2,
    queue: result(typeof world.ingest?.send === 'function'),
    secrets: result(enrollSecrets.length > 0 && nodeKeySecrets.length > 0),
    d1: result(backlog !== null),
    settings: result(problems.length === 0),
    destinations: result(
      destinationProblems(destinations, world.settings).length === 0 &&
        // When D1 can't tell, that is the failure, and is shown above.
        (broken.kind !== 'done' || broken.value.size === 0),
    ),
    canary: result((backlog?.canary_age_seconds ?? 0) <= CANARY_LATE_SECONDS),
  }
  const accepts = [checks.r2, checks.queue, checks.secrets].every(check => check === 'ok')
  const isWell = Object.values(checks).every(check => check === 'ok')
  return { status: isWell ? 'ok' : accepts ? 'degraded' : 'failing', checks, backlog }
}

function shown({ pending, parked, oldestPendingAt, canarySeenAt }: BriefBacklog, now: number) {
  const age = (at: number | null) => (at === null ? null : Math.max(0, Math.round((now - at) / 1000)))
  return {
    pending,
    oldest_undelivered_seconds: age(oldestPendingAt),
    parked,
    canary_age_seconds: age(canarySeenAt),
  }
}

async function probe(world: World, work: () => Promise<unknown>): Promise<CheckResult> {
  const outcome = await within(world, PROBE_LIMIT_MS, work)
  if (outcome.kind === 'done') return 'ok'
  return 'failing'
}

function result(isWell: boolean): CheckResult {
  return isWell ? 'ok' : 'failing'
}

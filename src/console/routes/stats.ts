import * as z from 'zod'
import { destinationProblems } from '../../notify/target.ts'
import { listSpool } from '../../store/spool.ts'
import { type Backlog, backlog, type CounterSeries, counterSeries } from '../../store/stats.ts'
import { time } from '../parameters.ts'
import { found, refuse, route } from '../route.ts'
import { moment, momentOf, momentOrNull } from '../shapes.ts'

const MINUTE_MS = 60_000
const DEFAULT_RANGE_MS = 60 * MINUTE_MS
/** As long as a chart is read; bounds the rows that one request reads. */
const MAX_RANGE_MS = 31 * 24 * 60 * MINUTE_MS
/** As many points as a chart can show. */
const TARGET_POINTS = 240
/** Spooled posts counted; R2 lists this many in one call. */
const SPOOL_COUNT_CAP = 1_000

const shape = z.object({
  from: moment,
  to: moment,
  bucket_seconds: z.int(),
  series: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      total: z.int(),
      points: z
        .array(z.object({ at: moment, value: z.int() }))
        .meta({ description: 'Empty buckets are left out.' }),
    }),
  ),
  truncated: z
    .boolean()
    .meta({ description: 'Points are missing because there were too many; totals are whole.' }),
  backlog: z.object({
    pending_deliveries: z.int(),
    oldest_undelivered_at: moment.nullable(),
    oldest_undelivered_seconds: z.int().nullable().meta({ description: 'Its age.' }),
    parked_deliveries: z.int(),
    canary_at: moment
      .nullable()
      .meta({ description: 'When the last canary was sent that came through every stage.' }),
    canary_age_seconds: z.int().nullable(),
    quarantined: z.int(),
    quarantined_capped: z.boolean().meta({ description: 'There are more than were counted.' }),
    spooled_posts: z.int(),
    spooled_posts_capped: z.boolean().meta({ description: 'There may be more than were counted.' }),
    oldest_spooled_at: moment.nullable(),
  }),
  hosts: z.array(z.object({ state: z.string(), hosts: z.int() })),
  feed: z.object({ phase: z.string(), evaluated_at: moment }).nullable(),
  problems: z.array(z.string()).meta({ description: 'What is missing or malformed in the configuration.' }),
})

export const stats = route({
  method: 'GET',
  path: '/stats',
  summary: 'Counters of a range in buckets, and what waits right now.',
  query: z.strictObject({
    from: time.optional().meta({ description: 'Default: an hour before `to`.' }),
    to: time.optional().meta({ description: 'Exclusive. Default: now.' }),
  }),
  answers: shape,
  async run({ query }, { world, deps }) {
    const to = query.to ?? world.now()
    const from = query.from ?? to - DEFAULT_RANGE_MS
    if (from >= to) return refuse('invalid_parameter', 'must be before `to`', 'from')
    if (to - from > MAX_RANGE_MS)
      return refuse('invalid_parameter', 'must be at most 31 days before `to`', 'from')
    const bucketMinutes = Math.max(1, Math.ceil((to - from) / MINUTE_MS / TARGET_POINTS))
    const [counters, waiting, spool] = await Promise.all([
      counterSeries(world.db, from, to, bucketMinutes),
      backlog(world.db),
      listSpool(world.bucket, SPOOL_COUNT_CAP),
    ])
    return found({
      from: momentOf(from),
      to: momentOf(to),
      bucket_seconds: bucketMinutes * 60,
      series: seriesOf(counters),
      truncated: counters.truncated,
      backlog: {
        ...backlogItem(waiting, world.now()),
        spooled_posts: spool.posts.length,
        spooled_posts_capped: spool.cursor !== null,
        oldest_spooled_at: momentOrNull(spool.posts[0]?.receivedAt ?? null),
      },
      hosts: [...waiting.hosts],
      feed: waiting.feed && { phase: waiting.feed.phase, evaluated_at: momentOf(waiting.feed.evaluatedAt) },
      problems: [
        ...world.settings.problems,
        ...destinationProblems(deps.routing.destinations, world.settings),
      ],
    })
  },
})

function seriesOf({ buckets, totals }: CounterSeries): z.input<typeof shape>['series'] {
  const points = Map.groupBy(buckets, ({ name, label }) => `${name} ${label}`)
  return totals.map(({ name, label, value }) => ({
    name,
    label,
    total: value,
    points: (points.get(`${name} ${label}`) ?? []).map(point => ({
      at: momentOf(point.at),
      value: point.value,
    })),
  }))
}

function backlogItem(waiting: Backlog, now: number) {
  const age = (at: number | null) => (at === null ? null : Math.max(0, Math.round((now - at) / 1000)))
  return {
    pending_deliveries: waiting.pendingDeliveries,
    oldest_undelivered_at: momentOrNull(waiting.oldestPendingAt),
    oldest_undelivered_seconds: age(waiting.oldestPendingAt),
    canary_at: momentOrNull(waiting.canarySeenAt),
    canary_age_seconds: age(waiting.canarySeenAt),
    parked_deliveries: waiting.parkedDeliveries,
    quarantined: waiting.quarantined,
    quarantined_capped: waiting.quarantinedCapped,
  }
}

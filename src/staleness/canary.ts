import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { CANARY_HOST, type CanaryRound, selectCanary } from '../store/canary.ts'
import { faultText, within } from '../store/within.ts'

/**
 * A canary that came round was sent so long ago at most, or the heartbeat stops: two and a half minutes, so that the last
 * beat is at most two after the last round that was whole.
 */
const CANARY_FRESH_MS = 150_000
/** Other jobs of the same minute wait for connections too. */
const HEARTBEAT_LIMIT_MS = 10_000
/** Longest that the queue may take. */
const SEND_LIMIT_MS = 5_000

/**
 * The dead man's switch, run by cron each minute: tells HEARTBEAT_URL that all is well if the canary of the last minutes
 * came all the way round, and sends the next one. Whatever stage is dead, the canary doesn't arrive, the heartbeat
 * stops, and who waits for it outside raises the alarm.
 * @throws what D1 throws, and when the queue does not take the canary
 */
export async function watchCanary(world: World): Promise<void> {
  await Promise.all([beat(world), sendCanary(world)])
}

async function beat(world: World): Promise<void> {
  const round = await selectCanary(world.db).first<CanaryRound>()
  const seenAt = round?.seenAt ?? null
  if (seenAt === null) return
  const age = world.now() - seenAt
  if (age > CANARY_FRESH_MS) {
    world.log('canary_missing', { seconds: Math.round(age / 1000) })
    return
  }
  const url = world.settings.heartbeatUrl
  if (url === null) return
  const outcome = await within(world, HEARTBEAT_LIMIT_MS, async () => {
    const response = await world.fetch(url, {
      headers: { 'user-agent': 'Margay' },
      redirect: 'manual',
      signal: AbortSignal.timeout(HEARTBEAT_LIMIT_MS),
    })
    await response.body?.cancel()
    return response.status
  })
  // The URL is a secret, and an error might quote it.
  if (outcome.kind !== 'done') world.log('heartbeat_failed', { status: null })
  else if (outcome.value < 200 || outcome.value > 299)
    world.log('heartbeat_failed', { status: outcome.value })
}

async function sendCanary(world: World): Promise<void> {
  const now = world.now()
  const gzip = await gzipped(postOf(now))
  const hostId = CANARY_HOST as HostId // never a host's; see there
  const canary = { v: 1, kind: 'inline', postId: `canary-${now}`, hostId, receivedAt: now, gzip } as const
  // As the log route sends posts: as JSON, bytes would not come out as bytes.
  const sent = await within(world, SEND_LIMIT_MS, () => world.ingest.send(canary, { contentType: 'v8' }))
  if (sent.kind !== 'done') world.log('canary_not_sent', { fault: faultText(sent) })
}

/** What osquery would post. */
function postOf(now: number): string {
  const line = {
    name: 'pack_margay_canary',
    hostIdentifier: CANARY_HOST,
    calendarTime: new Date(now).toUTCString(),
    unixTime: Math.floor(now / 1000),
    epoch: 0,
    counter: 1,
    columns: { sent_at: String(now) },
    action: 'added',
  }
  return JSON.stringify({ node_key: '', log_type: 'result', data: [line] })
}

async function gzipped(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

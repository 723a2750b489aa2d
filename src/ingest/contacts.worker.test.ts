import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { detectionOf, testWorld } from '../../test/consumer.ts'
import { batchOf, gzipPost, inlinePost, queued } from '../../test/ingest-batch.ts'
import { hostProfile } from '../../test/simulator/host-profile.ts'
import { heartbeatLine } from '../../test/simulator/rows.ts'
import { Seed } from '../../test/simulator/seed.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, testSettings } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import { readVitals } from '../staleness/vitals-text.ts'
import { type Touch, touchHosts } from '../store/hosts.ts'
import { consumeIngest } from './consume.ts'
import type { IngestMessage } from './message.ts'

const detection = detectionOf()
const host = 'host-1' as HostId
const profile = hostProfile(new Seed(1), 0)
const MINUTE = 60_000
const BEAT = 5 * MINUTE
const DAY = 86_400_000
/** One for each heartbeat and one for each config request. */
const DAYS_WRITES = 2 * 288

beforeEach(freshStorage)

const settings = testSettings({ heartbeatSeconds: 300 })

/** A line of the heartbeat, written by the host's clock at `at`. */
function beat(pulseNumber: number, at: number, numbered = { pulseNumber, configId: 'abcdef012345' }): string {
  return heartbeatLine(profile, 'pack_margay_heartbeat', Math.floor(at / 1000), {
    uptimeSeconds: Math.floor(at / 1000) - Math.floor(TEST_NOW / 1000) + 3600,
    numbered,
  })
}
function result(at: number, name = 'q'): string {
  return JSON.stringify({
    name,
    unixTime: Math.floor(at / 1000),
    action: 'added',
    columns: { a: String(at) },
  })
}
function post(receivedAt: number, ...lines: string[]): IngestMessage {
  const body = lines.map(line => JSON.parse(line) as object)
  return { ...inlinePost(gzipPost(body)), receivedAt } as IngestMessage
}
async function consume(...messages: IngestMessage[]): Promise<void> {
  const batch = messages.map(message => queued(message))
  await consumeIngest(batchOf(...batch), testWorld({ settings }), detection)
  expect(batch.map(message => message.fate().kind)).toEqual(batch.map(() => 'acked'))
}
const rowOf = async () => {
  const row = await env.DB.prepare('SELECT * FROM hosts').first()
  return { ...row, vitals: readVitals(String(row?.['vitals'])) }
}

describe('a heartbeat', () => {
  it('is written into the vitals of its host with the touch', async () => {
    await consume(post(TEST_NOW + 1_500, beat(0, TEST_NOW)))
    expect(await rowOf()).toMatchObject({
      last_pulse_at: TEST_NOW + 1_500,
      vitals: {
        contacts: { lastAt: TEST_NOW + 1_500 },
        pulses: { count: 1, lagMs: 1_500, configId: 'abcdef012345', runs: [{ first: 0, top: 0 }] },
      },
    })
  })

  it('counts once when the queue brings it again, or the host sends it again', async () => {
    const message = post(TEST_NOW, beat(0, TEST_NOW))
    await consume(message)
    const before = await rowOf()
    await consume(message)
    expect(await rowOf()).toEqual(before)
    await consume(post(TEST_NOW + 30_000, beat(0, TEST_NOW), result(TEST_NOW + 29_000)))
    expect((await rowOf()).vitals.pulses.count).toBe(1)
  })

  it('shows what is missing, in whatever order posts come', async () => {
    await consume(post(TEST_NOW, beat(0, TEST_NOW)), post(TEST_NOW + 3 * BEAT, beat(3, TEST_NOW + 3 * BEAT)))
    await consume(post(TEST_NOW + 2 * BEAT, beat(2, TEST_NOW + 2 * BEAT)))
    expect((await rowOf()).vitals.pulses).toMatchObject({
      count: 3,
      runs: [{ top: 3, missing: [{ first: 1, last: 1 }] }],
    })
  })

  it('of a pack without numbers is a pulse too', async () => {
    const { columns, ...old } = JSON.parse(beat(0, TEST_NOW)) as { columns: Record<string, string> }
    const { pulse_number: _number, config_id: _id, ...rest } = columns
    await consume(post(TEST_NOW, JSON.stringify({ ...old, columns: rest })))
    expect((await rowOf()).vitals.pulses).toMatchObject({ count: 1, runs: [], configId: '' })
  })

  it('is not lost between two consumers at once', async () => {
    await consume(post(TEST_NOW, beat(0, TEST_NOW)))
    await Promise.all(
      [1, 2, 3].map(n => {
        const world = testWorld({ settings, sleep: () => Promise.resolve() })
        const message = queued(post(TEST_NOW + n * BEAT, beat(n, TEST_NOW + n * BEAT)))
        return consumeIngest(batchOf(message), world, detection)
      }),
    )
    expect((await rowOf()).vitals.pulses).toMatchObject({ count: 4, runs: [{ top: 3, missing: [] }] })
  })

  it('in the second part of a large post knows what the first part wrote', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => result(TEST_NOW - 1_000, `q${n}`))
    await consume(post(TEST_NOW, beat(0, TEST_NOW - BEAT), ...many, beat(1, TEST_NOW)))
    expect((await rowOf()).vitals.pulses).toMatchObject({ count: 2, runs: [{ first: 0, top: 1 }] })
  })

  it('is taken by a host whose vitals can not be read, which then begin anew', async () => {
    await consume(post(TEST_NOW, beat(0, TEST_NOW)))
    await env.DB.prepare("UPDATE hosts SET vitals = '{broken'").run()
    await consume(post(TEST_NOW + BEAT, beat(1, TEST_NOW + BEAT)))
    expect((await rowOf()).vitals.pulses.count).toBe(1)
  })

  it.each([
    ['the host', "UPDATE hosts SET silence_state = 'stale'"],
    ['the feed', `INSERT INTO states VALUES ('feed', '{"phase":"settling"}', 1)`],
  ])('teaches nothing while %s is away', async (_, sql) => {
    await consume(post(TEST_NOW, beat(0, TEST_NOW)), post(TEST_NOW + BEAT, beat(1, TEST_NOW + BEAT)))
    await env.DB.prepare(sql).run()
    await consume(post(TEST_NOW + 20 * BEAT, beat(20, TEST_NOW + 20 * BEAT)))
    const { rhythm } = (await rowOf()).vitals
    expect(rhythm.meanMs).toBe(BEAT)
    expect(Math.max(...rhythm.days.map(({ longestMs }) => longestMs))).toBe(19 * BEAT)
  })
})

describe('lines that come late', () => {
  it('are counted once each', async () => {
    const at = TEST_NOW
    const lines = [result(at - 16 * MINUTE), result(at - 14 * MINUTE), result(at - 60 * MINUTE)]
    await consume(post(at, ...lines))
    expect(await rowOf()).toMatchObject({ late_lines: 0 + 2 })
    await consume(post(at, ...lines), post(at + MINUTE, ...lines, result(at - 61 * MINUTE)))
    expect(await rowOf()).toMatchObject({ late_lines: 3 })
  })

  it('are none of a host whose clock is off steadily', async () => {
    for (const n of [0, 1, 2])
      await consume(post(TEST_NOW + n * BEAT, beat(n, TEST_NOW + n * BEAT - 60 * MINUTE)))
    const { late_lines: before } = (await rowOf()) as unknown as { late_lines: number }
    const at = TEST_NOW + 3 * BEAT
    await consume(post(at, result(at - 60 * MINUTE), result(at - 80 * MINUTE)))
    expect(await rowOf()).toMatchObject({ late_lines: before + 1 })
  })
})

describe('the day of a busy host', () => {
  it('writes its row some 600 times, and never by more than a minute on average', {
    timeout: 60_000,
  }, async () => {
    const counted = { written: 0, read: 0 }
    const touch = async (...touches: Touch[]) => {
      const { meta } = await touchHosts(env.DB, touches).run()
      counted.written += meta.rows_written
      counted.read += meta.rows_read
    }
    // A post each ten seconds, a heartbeat each 300 s, a config request each 300 s between two heartbeats.
    for (let ms = 0; ms < DAY; ms += 10_000) {
      const at = TEST_NOW + ms
      const touches: Touch[] = [{ hostId: host, channel: 'result', at }]
      if (ms % BEAT === 0) {
        touches.push({ hostId: host, channel: 'pulse', at, vitals: `{"at":${at}}`, isNews: true })
      }
      if (ms % BEAT === 130_000)
        await touch({ hostId: host, channel: 'config', at, servedConfig: 'abcdef012345' })
      await touch(...touches)
    }
    // The promise is 1,440.
    expect(counted.written).toBe(DAYS_WRITES)
    expect(counted.read / (DAY / 10_000)).toBeLessThan(10)
  })
})

import { expect } from 'vitest'
import type { WholeWorker } from '../../whole-worker.ts'
import { line, type PeerCases } from './peer-case.ts'

/** A short limit, so that an hour's story takes minutes; a new host has twice as long, or until its third heartbeat. */
const SILENT_AFTER = {
  SILENT_AFTER_SECONDS: '240',
  HEARTBEAT_SECONDS: '60',
  SILENCE_LEARNING_SECONDS: '0',
}

const heartbeat = () =>
  line('pack_margay_heartbeat', { start_time: '1', uptime_seconds: '1' }, { action: 'snapshot' })

/** Lets minutes pass in which these hosts send. */
async function minutesWith(whole: WholeWorker, count: number, keys: readonly string[]): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    for (const key of keys) await whole.log(key, [heartbeat()])
    await whole.minutes(1)
  }
}

const incidents = (whole: WholeWorker) =>
  whole.pagerDuty.incidents.map(({ summary, status, repeats }) => ({ summary, status, repeats }))

export const silenceCases: PeerCases = {
  'stale-never-seen': {
    async holds(whole) {
      whole.newIsolate(SILENT_AFTER)
      await whole.minutes(1)
      await whole.enroll('mute.example.com')
      await whole.minutes(10)
      expect(incidents(whole)).toMatchObject([
        { summary: expect.stringContaining('mute.example.com'), status: 'triggered' },
      ])
    },
  },

  'stale-once': {
    async holds(whole) {
      whole.newIsolate(SILENT_AFTER)
      const key = await whole.enroll('web-01.example.com')
      await minutesWith(whole, 3, [key])
      for (let minute = 0; minute < 8; minute += 1) {
        whole.newIsolate() // a restart each minute
        whole.advance(60_000)
        await Promise.all([whole.cron(), whole.cron()])
        await whole.settle()
      }
      expect(incidents(whole)).toMatchObject([{ status: 'triggered', repeats: 0 }])
      await minutesWith(whole, 3, [key])
      expect(incidents(whole)).toMatchObject([{ status: 'resolved', repeats: 0 }])
      expect(whole.pagerDuty.arrivals.map(({ action }) => action)).toEqual(['trigger', 'resolve'])
    },
  },

  'stale-delivery-retried': {
    async holds(whole) {
      whole.newIsolate(SILENT_AFTER)
      const key = await whole.enroll('web-01.example.com')
      await minutesWith(whole, 3, [key])
      whole.pagerDutyInstead = () => new Response('down', { status: 503 })
      await whole.minutes(10)
      expect(whole.told.length).toBeGreaterThan(1)
      expect(incidents(whole)).toEqual([])
      whole.pagerDutyInstead = null
      await whole.minutes(20)
      expect(incidents(whole)).toMatchObject([{ status: 'triggered', repeats: 0 }])
    },
  },

  'stale-mass': {
    async holds(whole) {
      whole.newIsolate(SILENT_AFTER)
      const keys = []
      for (let n = 0; n < 8; n += 1) keys.push(await whole.enroll(`web-${n}.example.com`))
      await minutesWith(whole, 3, keys)
      await whole.minutes(10)
      expect(whole.pagerDuty.incidents).toHaveLength(1)
      expect((await whole.api('/alerts')).items).toMatchObject([{ rule_id: 'margay.feed-silent' }])
    },
  },

  'stale-check-in-without-results': {
    async holds(whole) {
      whole.newIsolate(SILENT_AFTER)
      const key = await whole.enroll('web-01.example.com')
      await minutesWith(whole, 3, [key])
      for (let minute = 0; minute < 10; minute += 1) {
        await whole.post('config', { node_key: key })
        await whole.minutes(1)
      }
      expect((await whole.api('/hosts')).items).toMatchObject([{ state: 'half-dead' }])
      expect((await whole.api('/alerts')).items).toMatchObject([{ rule_id: 'margay.host-half-dead' }])
      expect(incidents(whole)).toMatchObject([{ status: 'triggered' }])
    },
  },
}

import { expect } from 'vitest'
import type { WholeWorker } from '../../whole-worker.ts'
import { numbered, type PeerCases } from './peer-case.ts'

/** A short limit, so that an hour's story takes minutes; a new host has twice as long. */
const SILENT_AFTER = { SILENT_AFTER_SECONDS: '240' }

/** Lets minutes pass in which these hosts send. */
async function minutesWith(whole: WholeWorker, count: number, keys: readonly string[]): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    for (const key of keys) await whole.log(key, numbered(1))
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
    differs:
      'A host that is heard by any road counts as live. By which road it was heard last is kept apart and shown; an alert on it is to come.',
    async holds(whole) {
      const node_key = await whole.enroll('web-01.example.com')
      await whole.post('config', { node_key })
      const [{ id }] = (await whole.api('/hosts')).items
      expect((await whole.api(`/hosts/${id}`)).last_seen_by).toMatchObject({
        config: expect.stringMatching(/Z$/),
        result: null,
        pulse: null,
      })
    },
  },
}

import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import cronRule from '../../../rules/posix/cron-loads-from-tmp.ts'
import { NEW_ALERTS_PER_HOUR } from '../../../src/alerts/storm.ts'
import { createEngine } from '../../../src/detect/engine.ts'
import type { HostId, OsqueryEvent } from '../../../src/detect/event.ts'
import type { Rule } from '../../../src/detect/rule.ts'
import { createNormalizer } from '../../../src/ingest/normalize.ts'
import { cronFromTmp, line, type PeerCases } from './peer-case.ts'

export const alertCases: PeerCases = {
  'alert-2xx': {
    async holds(whole) {
      for (const status of [200, 201, 202, 204]) {
        whole.pagerDutyInstead = () => new Response(status === 204 ? null : 'fine', { status })
        await whole.log(await whole.enroll(`answers-${status}`), [cronFromTmp()])
        await whole.settle()
      }
      expect((await whole.api('/deliveries?state=delivered')).items).toHaveLength(4)
      expect(whole.told).toHaveLength(4)
    },
  },

  'alert-dedup-key-stable': {
    async holds(whole) {
      const key = await whole.enroll('web-01')
      for (const command of ['/tmp/a', '/tmp/b']) {
        whole.newIsolate()
        await whole.log(key, [cronFromTmp({ columns: { command } })])
        await whole.settle()
      }
      const [alert] = (await whole.api('/alerts')).items
      expect(alert).toMatchObject({ event_count: 2 })
      whole.newIsolate()
      await whole.api(`/alerts/${alert.id}/resolve`, { method: 'POST' })
      await whole.settle()
      const keys = whole.told.map(body => JSON.parse(body).dedup_key)
      expect(keys).toHaveLength(2)
      expect(new Set(keys).size).toBe(1)
      expect(whole.pagerDuty.incidents).toMatchObject([{ status: 'resolved' }])
    },
  },

  'alert-snapshot-field': {
    differs:
      'A rule sees the columns of every snapshot row once it names the action `snapshot`; left to its default it sees what was added, or a lasting state would page at each run.',
    async holds() {
      const { columns, ...head } = cronFromTmp({ action: 'snapshot' })
      const snapshot = { ...head, snapshot: [{ command: '/bin/true' }, columns, columns] }
      const host = { id: 'host-1' as HostId, name: 'web-01', platform: '', tags: [] } // any text is a host id here
      const events: OsqueryEvent[] = []
      createNormalizer([]).post({ hostId: host.id, receivedAt: 0 }).add(snapshot, false, events)
      const found = (rule: Rule) => events.flatMap(event => createEngine([rule]).evaluate(event, host))
      expect(found(cronRule)).toEqual([])
      expect(found({ ...cronRule, actions: ['added', 'snapshot'] })).toHaveLength(2)
    },
  },

  'alert-queue-full': {
    async holds(whole) {
      const full = { ...whole.alerts.queue, sendBatch: () => Promise.reject(new Error('overloaded')) }
      whole.newIsolate({ ALERTS: full })
      const time = Math.floor(Date.now() / 1000)
      const logins = Array.from({ length: 250 }, (_, n) =>
        line('pack_incident-response_last', {
          type: '7',
          username: 'root',
          host: `203.0.113.${n}`,
          tty: 'pts/0',
          pid: '1',
          time: `${time}`,
        }),
      )
      await whole.log(await whole.enroll('web-01'), logins)
      await whole.settle()
      expect(whole.told).toEqual([])
      whole.newIsolate({ ALERTS: whole.alerts.queue })
      await whole.minutes(3)
      // Each login is an alert of its own; beyond the first of an hour one more alert pages for all the others.
      const kept = env.DB.prepare('SELECT count(*) AS n FROM alerts WHERE rule_id = ?1')
      expect(await kept.bind('posix.ssh-login').first('n')).toBe(250 + 1)
      expect(whole.pagerDuty.incidents.length).toBe(NEW_ALERTS_PER_HOUR + 1)
    },
  },
}

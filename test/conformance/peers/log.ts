import { env } from 'cloudflare:workers'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { gzipBomb } from '../../bomb.ts'
import { rowsOf } from '../../consumer.ts'
import { failingD1, failingR2 } from '../../faults.ts'
import { gzipText } from '../../ingest-batch.ts'
import type { WholeWorker } from '../../whole-worker.ts'
import { cronFromTmp, line, numbered, type PeerCases } from './peer-case.ts'

const MIB = 1024 * 1024
const HOUR_MS = 3_600_000

const bytes = (text: string) => new TextEncoder().encode(text)
const down = { failAt: 0, lasting: true } as const
const refusingQueue = (whole: WholeWorker) => ({
  ...whole.ingest.queue,
  send: () => Promise.reject(new Error('Queue is overloaded. Please back off.')),
})

/** What was stored: events as rules see them, by their name. */
async function events(): Promise<Record<string, unknown>[]> {
  const rows = await rowsOf('SELECT event FROM events ORDER BY name, p_row_id')
  return rows.map(({ event }) => JSON.parse(String(event)))
}

async function quarantined(): Promise<unknown[]> {
  return (await rowsOf('SELECT reason FROM quarantine')).map(({ reason }) => reason)
}

/** Posts lines of one new host and takes them all the way. */
async function stored(whole: WholeWorker, ...data: unknown[]): Promise<Record<string, unknown>[]> {
  expect((await whole.log(await whole.enroll('web-01.example.com'), data)).text).toBe('{}')
  await whole.settle()
  return await events()
}

export const logCases: PeerCases = {
  'server-fault-never-node_invalid': {
    async holds(whole) {
      const key = await whole.enroll('web-01')
      whole.newIsolate({
        DB: failingD1(env.DB, down).store,
        BUCKET: failingR2(env.BUCKET, down).store,
        INGEST: refusingQueue(whole),
      })
      for (const route of ['enroll', 'config', 'log', 'distributed/read', 'distributed/write']) {
        const reply = await whole.post(route, { node_key: key, log_type: 'result', data: [] })
        expect(reply.meaning, route).not.toBe('node_invalid')
        expect(typeof JSON.parse(reply.text)).toBe('object')
      }
    },
  },

  'error-body-never-empty': {
    async holds(whole) {
      const key = await whole.enroll('web-01')
      whole.newIsolate({ BUCKET: failingR2(env.BUCKET, down).store, INGEST: refusingQueue(whole) })
      const post = { node_key: key, log_type: 'result', data: [] }
      for (const reply of [
        await whole.post('log', post),
        await whole.post('log', 'not JSON'),
        await whole.post('log', new Uint8Array()),
        await whole.post('log', gzipBomb('{"data":["', 16)),
        await whole.post('log', post, { method: 'DELETE' }),
        await whole.post('logs', post),
        await whole.fetch('/api/v1/osquery/log'),
      ]) {
        expect(JSON.parse(reply.text)).toEqual({ error: expect.stringMatching(/./) })
        expect(reply.meaning).toBe('kept')
      }
    },
  },

  'success-body-json-object': {
    async holds(whole) {
      const node_key = await whole.enroll('web-01')
      for (const route of ['config', 'log', 'distributed/read', 'distributed/write']) {
        const { text } = await whole.post(route, { node_key, log_type: 'result', data: [] })
        const body: unknown = JSON.parse(text)
        expect(typeof body === 'object' && body !== null && !Array.isArray(body)).toBe(true)
        expect(body).not.toHaveProperty('error')
      }
    },
  },

  'log-ack-after-durable': {
    async holds(whole) {
      const key = await whole.enroll('web-01')
      const healthy = { ...whole.env }
      whole.newIsolate({ BUCKET: failingR2(env.BUCKET, down).store, INGEST: refusingQueue(whole) })
      expect((await whole.log(key, numbered(3))).meaning).toBe('kept')
      whole.newIsolate(healthy)
      expect((await whole.log(key, numbered(3))).text).toBe('{}')
      // Between reading and writing: D1 dies, and lives again when the queue brings the post back.
      whole.newIsolate({ DB: failingD1(env.DB, { failAt: 1, lasting: true }).store })
      await whole.deliverIngest()
      expect(await events()).toEqual([])
      whole.newIsolate(healthy)
      await whole.settle()
      expect(await events()).toHaveLength(3)
      expect(await rowsOf("SELECT value FROM counters WHERE name = 'events_stored'")).toEqual([{ value: 3 }])
    },
  },

  'log-resend-idempotent': {
    async holds(whole) {
      const key = await whole.enroll('web-01')
      const data = [cronFromTmp(), ...numbered(2)]
      for (let time = 0; time < 2; time += 1) {
        await whole.log(key, data)
        await whole.settle()
      }
      expect(await events()).toHaveLength(3)
      expect(whole.pagerDuty.arrivals).toHaveLength(1)
      expect((await whole.api('/alerts')).items).toMatchObject([{ event_count: 1 }])
    },
  },

  'log-same-content-two-hosts': {
    async holds(whole) {
      for (const name of ['web-01', 'web-02']) {
        await whole.log(await whole.enroll(name), [line('q', {}, { unixTime: 1_696_615_984 })])
      }
      await whole.settle()
      expect(new Set((await events()).map(event => event['p_host_id'])).size).toBe(2)
    },
  },

  'log-poison-row': {
    async holds(whole) {
      const good = numbered(1_023)
      expect(await stored(whole, ...good.slice(0, 500), 7, ...good.slice(500))).toHaveLength(1_023)
      expect(await quarantined()).toEqual(['not_an_object'])
    },
  },

  'log-data-not-array': {
    differs: 'An object is taken for the one record that it is.',
    async holds(whole) {
      const key = await whole.enroll('web-01')
      for (const data of ['text', null, undefined, 7]) {
        expect((await whole.log(key, data)).text).toBe('{}')
        await whole.settle()
      }
      expect(await quarantined()).toHaveLength(4)
      expect((await whole.log(key, line('q', { a: 'b' }))).text).toBe('{}')
      await whole.settle()
      expect(await events()).toHaveLength(1)
    },
  },

  'log-empty-data': {
    async holds(whole) {
      expect(await stored(whole)).toEqual([])
      expect(await quarantined()).toEqual([])
    },
  },

  'log-unknown-type': {
    async holds(whole) {
      const key = await whole.enroll('web-01')
      expect((await whole.log(key, numbered(2), 'foo')).text).toBe('{}')
      await whole.settle()
      expect(await events()).toHaveLength(2)
      expect(await rowsOf("SELECT value FROM counters WHERE name = 'posts'")).toEqual([{ value: 1 }])
    },
  },

  'log-gzip': {
    async holds(whole) {
      const key = await whole.enroll('web-01')
      const gzip = gzipText(JSON.stringify({ node_key: key, log_type: 'result', data: numbered(9_000) }))
      const broken = gzip.slice()
      broken.fill(0xff, broken.length / 2)
      const headers = { 'content-encoding': 'gzip' }
      for (const body of [gzip, broken, gzipBomb(`{"node_key":"${key}","data":["`, 1_024)]) {
        expect((await whole.post('log', body, { headers })).text).toBe('{}')
        await whole.settle()
      }
      // The broken one says nothing new before the damage, but for the line that the damage runs through.
      const [{ n } = {}] = await rowsOf('SELECT count(*) AS n FROM events')
      expect([9_000, 9_001]).toContain(n)
      const reasons = await quarantined()
      expect(reasons).toContain('too_large')
      // Where exactly the damage is noticed depends on the bytes.
      expect(reasons.some(reason => reason === 'broken_gzip' || reason === 'not_json')).toBe(true)
    },
  },

  'log-put': {
    async holds(whole) {
      const node_key = await whole.enroll('web-01')
      const post = { node_key, log_type: 'result', data: numbered(1) }
      expect((await whole.post('log', post, { method: 'PUT' })).text).toBe('{}')
      await whole.settle()
      expect(await events()).toHaveLength(1)
    },
  },

  'log-no-content-type': {
    async holds(whole) {
      const node_key = await whole.enroll('web-01')
      // A body of bytes has no content type, unlike a text.
      const post = bytes(JSON.stringify({ node_key, log_type: 'result', data: numbered(1) }))
      expect((await whole.post('log', post)).text).toBe('{}')
      await whole.settle()
      expect(await events()).toHaveLength(1)
    },
  },

  'log-string-numbers': {
    async holds(whole) {
      const unixTime = 1_795_521_000
      const status = { filename: 'a.cpp', message: 'm', version: '5.23.1', hostIdentifier: 'web-01' }
      const kept = await stored(
        whole,
        line('number', {}, { unixTime }),
        line('text', {}, { unixTime: `${unixTime}` }),
        { ...status, severity: 1, line: 63, unixTime },
        { ...status, severity: '1', line: '64', unixTime: `${unixTime}` },
      )
      expect(kept.map(event => event['unixTime'])).toEqual([unixTime, unixTime, unixTime, unixTime])
      const statuses = kept.filter(event => event['p_log_type'] === 'Osquery.Status')
      expect(statuses).toMatchObject([{ severity: 1 }, { severity: 1 }])
      expect(statuses.map(event => event['line']).toSorted()).toEqual([63, 64])
    },
  },

  'log-time-odd': {
    differs: 'A time that can be believed, of 2023 say, is believed; the others are received times, flagged.',
    async holds(whole) {
      const now = Date.now()
      const future = now / 1000 + (48 * HOUR_MS) / 1000
      const kept = await stored(
        whole,
        line('old', {}, { unixTime: 1_696_615_984 }),
        line('odd', {}, { unixTime: 0 }),
        line('odd', {}, { unixTime: future }),
        line('odd', {}, { unixTime: undefined }),
      )
      expect(kept.filter(event => event['name'] === 'odd')).toMatchObject(
        Array.from({ length: 3 }, () => ({ p_event_time: now, p_flags: ['time_received'] })),
      )
      expect(kept.at(-1)).toMatchObject({ name: 'old', p_event_time: 1_696_615_984_000, p_flags: [] })
    },
  },

  'log-formats': {
    async holds(whole) {
      const { columns: _, ...head } = line('', {})
      const rows = [{ a: '1' }, { a: '2' }]
      const kept = await stored(
        whole,
        line('event', { a: '1' }, { action: 'added', decorations: { team: 'blue' } }),
        line('event', { a: '1' }, { action: 'removed', team: 'blue' }),
        { ...head, name: 'batch', action: undefined, diffResults: { added: rows, removed: '' } },
        { ...head, name: 'snapshot', action: 'snapshot', snapshot: rows },
        line('snapshot-event', { a: '1' }, { action: 'snapshot' }),
        { ...head, name: 'snapshot-empty', action: 'snapshot', snapshot: [] },
      )
      expect(
        kept.map(({ name, p_log_type, action, columns }) => [name, p_log_type, action, columns !== null]),
      ).toEqual([
        ['batch', 'Osquery.Batch', 'added', true],
        ['batch', 'Osquery.Batch', 'added', true],
        ['event', 'Osquery.Differential', expect.stringMatching(/added|removed/), true],
        ['event', 'Osquery.Differential', expect.stringMatching(/added|removed/), true],
        ['snapshot', 'Osquery.Snapshot', 'snapshot', true],
        ['snapshot', 'Osquery.Snapshot', 'snapshot', true],
        ['snapshot-empty', 'Osquery.Snapshot', 'snapshot', false],
        ['snapshot-event', 'Osquery.Snapshot', 'snapshot', true],
      ])
      for (const { decorations } of kept.filter(event => event['name'] === 'event')) {
        expect(decorations).toEqual({ team: 'blue' })
      }
    },
  },

  'log-pack-names': {
    differs: 'Behind a delimiter of somebody’s own only a known pack tells where the query begins.',
    async holds(whole) {
      const names = [
        'pack/web/users',
        'pack_web_users',
        'users',
        'pack/team-7/users',
        'pack##incident-response##users',
      ]
      const kept = await stored(whole, ...names.map(name => line(name, { uid: '0', username: 'root' })))
      const split = kept.map(event => [event['name'], event['p_pack'], event['p_query'], event['p_table']])
      expect(split.toSorted()).toEqual(
        [
          ['pack/web/users', 'web', 'users', 'users'],
          ['pack_web_users', 'web', 'users', 'users'],
          ['users', '', 'users', 'users'],
          ['pack/team-7/users', 'team-7', 'users', 'users'],
          ['pack##incident-response##users', 'incident-response', 'users', 'users'],
        ].toSorted(),
      )
    },
  },

  'log-unscheduled-query': {
    async holds(whole) {
      expect(await stored(whole, line('a query that nobody here ever served', { a: 'b' }))).toHaveLength(1)
    },
  },

  'log-oversize': {
    differs:
      'Acknowledged, its beginning kept in quarantine and an alert raised: a host never makes a post smaller, so an error would hold up all its other lines for ever.',
    async holds(whole) {
      const key = await whole.enroll('web-01')
      const noise = crypto.getRandomValues(new Uint8Array(64 * 1024))
      const body = new Uint8Array(17 * MIB)
      body.set(gzipSync(bytes('{"data":[')))
      for (let at = 64 * 1024; at < body.length; at += noise.length) body.set(noise, at)
      const reply = await whole.post('log', body, { headers: { authorization: `NodeKey ${key}` } })
      expect(reply.text).toBe('{}')
      await whole.minutes(1)
      expect((await whole.api('/quarantine')).items).toMatchObject([
        { reason: 'over_cap', byte_count: 17 * MIB },
      ])
      await whole.minutes(1)
      expect((await whole.api('/alerts?rule=margay.quarantine')).items).toHaveLength(1)
      const config = JSON.parse((await whole.post('config', { node_key: key })).text)
      expect(config.options.logger_tls_max_lines).toBeLessThan(1_024)
    },
  },

  'status-collapse': {
    differs: 'Each line is an event of its own, flagged as a repetition; nothing is left out or folded.',
    async holds(whole) {
      const status = { severity: 0, filename: 'scheduler.cpp', line: 63, message: 'Executing', unixTime: 1 }
      const kept = await stored(whole, ...Array.from({ length: 1_000 }, () => status))
      expect(kept).toHaveLength(1_000)
      expect(
        kept.filter(event => (event['p_flags'] as string[]).includes('duplicate_in_post')), // always a list
      ).toHaveLength(999)
    },
  },

  'row-identity-from-key': {
    async holds(whole) {
      await whole.enroll('victim.example.com')
      const before = (await whole.api('/hosts?q=victim')).items
      const key = await whole.enroll('web-01.example.com')
      await whole.log(key, [line('q', {}, { hostIdentifier: 'victim.example.com' })])
      await whole.settle()
      const [own] = (await whole.api('/hosts?q=web-01')).items
      expect(await events()).toMatchObject([
        { p_host_id: own.id, hostIdentifier: 'victim.example.com', p_flags: ['host_disagrees'] },
      ])
      expect((await whole.api('/hosts?q=victim')).items).toEqual(before)
    },
  },
}

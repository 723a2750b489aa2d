import { env } from 'cloudflare:workers'
import { Buffer } from 'node:buffer'
import { expect } from 'vitest'
import { nodeKeyTakenFrom } from '../../osquery-reply.ts'
import { ENROLL_SECRET, enrollment, type WholeWorker } from '../../whole-worker.ts'
import type { PeerCases } from './peer-case.ts'

/** The totals of a counter, one for each of its labels. */
async function counted(whole: WholeWorker, name: string): Promise<number[]> {
  // The minute that has begun counts once it has.
  whole.advance(1)
  const { series } = await whole.api('/stats')
  const all = series as { name: string; total: number }[] // as the API describes it
  return all.filter(one => one.name === name).map(({ total }) => total)
}

export const enrollmentCases: PeerCases = {
  'enroll-ok': {
    async holds(whole) {
      const reply = await whole.post('enroll', enrollment('web-01'))
      expect(reply.status).toBe(200)
      const body = JSON.parse(reply.text)
      expect(body.node_key).toMatch(/.{40,}/)
      expect(body.node_invalid ?? false).toBe(false)
    },
  },

  'enroll-wrong-secret': {
    async holds(whole) {
      const reply = await whole.post('enroll', { ...enrollment('web-01'), enroll_secret: 'wrong' })
      expect(reply.status).toBeLessThan(500)
      expect(reply.meaning).toBe('kept')
      expect(nodeKeyTakenFrom(reply.text)).toBeNull()
      expect(whole.printed.join()).toContain('"enroll_refused"')
      expect(await counted(whole, 'enroll_failed')).toEqual([1])
    },
  },

  'enroll-platform-word': {
    async holds(whole) {
      for (const [i, platform_type] of ['linux', '9', 9, undefined].entries()) {
        expect(await whole.enroll(`web-${i}`, { platform_type })).not.toBe('')
      }
    },
  },

  'enroll-again-same-host': {
    differs:
      'A new key is issued and the old one lives on, so that clones of one machine never drive each other out. What ends keys is a revocation, and that ends all of them within a minute.',
    async holds(whole) {
      const first = await whole.enroll('web-01')
      const second = await whole.enroll('web-01')
      expect(second).not.toBe(first)
      for (const key of [first, second]) expect((await whole.log(key, [])).text).toBe('{}')
      const [host] = (await whole.api('/hosts')).items
      await whole.api(`/hosts/${host.id}/revoke`, { method: 'POST' })
      whole.advance(61_000)
      for (const key of [first, second]) expect((await whole.log(key, [])).meaning).toBe('node_invalid')
      expect((await whole.log(await whole.enroll('web-01'), [])).text).toBe('{}')
    },
  },

  'enroll-team-cannot-steal': {
    differs:
      'A secret of any team lets a host in under its own id, for hosts do move. It is never silent: logged with both labels, counted, shown; and the key that the host had before goes on working.',
    async holds(whole) {
      const secrets = { blue: 'blue-secret-0123456789-0123456789', red: 'red-secret-0123456789-0123456789' }
      whole.newIsolate({ ENROLL_SECRETS: `blue:${secrets.blue},red:${secrets.red}` })
      const blue = await whole.enroll('web-01', { enroll_secret: secrets.blue })
      await whole.enroll('web-01', { enroll_secret: secrets.red })
      expect(whole.printed.at(-1)).toContain('"label":"red","previous_label":"blue"')
      expect(await counted(whole, 'enroll_moved')).toEqual([1])
      expect((await whole.api('/hosts')).items).toMatchObject([{ enroll_label: 'red', enroll_count: 2 }])
      expect((await whole.log(blue, [])).text).toBe('{}')
    },
  },

  'enroll-storm': {
    async holds(whole) {
      const replies = []
      for (let n = 0; n < 20; n += 1) {
        replies.push(await whole.post('enroll', enrollment('golden-image')))
        whole.advance(1_000)
      }
      expect(replies.filter(({ text }) => nodeKeyTakenFrom(text) !== null)).toHaveLength(10)
      expect(replies.at(-1)).toMatchObject({ status: 429, meaning: 'kept' })
      expect(whole.printed.join()).toContain('"enroll_throttled"')
      expect(await counted(whole, 'enroll_throttled')).toEqual([8])
      expect((await whole.api('/hosts')).items).toMatchObject([{ enroll_count: 10 }])
      await whole.enroll('another-host')
    },
  },

  'key-unknown': {
    async holds(whole) {
      for (const route of ['config', 'log', 'distributed/read', 'distributed/write']) {
        const reply = await whole.post(route, { node_key: 'unknown', log_type: 'result', data: [] })
        expect(reply).toMatchObject({ status: 200, text: '{"node_invalid":true}' })
      }
    },
  },

  'key-header-only': {
    async holds(whole) {
      const key = await whole.enroll('web-01')
      const other = await whole.enroll('web-02')
      const headers = { authorization: `NodeKey ${key}` }
      for (const route of ['config', 'log', 'distributed/read', 'distributed/write']) {
        const rest = { log_type: 'result', data: [] }
        expect((await whole.post(route, rest, { headers })).meaning).toBe('deleted')
        expect((await whole.post(route, { ...rest, node_key: key }, { headers })).meaning).toBe('deleted')
        expect((await whole.post(route, { ...rest, node_key: other }, { headers })).meaning).toBe(
          'node_invalid',
        )
      }
    },
  },

  'key-unguessable': {
    differs: 'A key is not stored at all, not even hashed: it proves itself by its MAC.',
    async holds(whole) {
      const keys = [await whole.enroll('web-01'), await whole.enroll('web-01')]
      const [one, two] = keys.map(key => Buffer.from(key.split('.')[2] ?? '', 'base64url').subarray(6))
      expect(one?.length).toBe(16) // 128 bits beside the time
      expect(two).not.toEqual(one)
      const tables = await env.DB.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB '[a-z]*'",
      ).all()
      for (const { name } of tables.results) {
        const { results } = await env.DB.prepare(`SELECT * FROM ${name}`).all()
        for (const key of keys) expect(JSON.stringify(results)).not.toContain(key)
      }
      expect((await env.BUCKET.list()).objects).toEqual([])
      expect(ENROLL_SECRET.length).toBeGreaterThan(24)
    },
  },

  'liveness-any-call': {
    async holds(whole) {
      const key = await whole.enroll('web-01')
      const [{ id }] = (await whole.api('/hosts')).items
      for (const route of ['enroll', 'config', 'log', 'distributed/read', 'distributed/write']) {
        // What a host's row costs is its writes: a request for live queries renews it once in ten minutes.
        whole.advance(600_000)
        if (route === 'enroll') await whole.enroll('web-01')
        else await whole.post(route, { node_key: key, log_type: 'status', data: [] })
        await whole.settle()
        const { last_seen_at } = await whole.api(`/hosts/${id}`)
        expect(Date.now() - Date.parse(last_seen_at), route).toBeLessThan(60_000)
      }
    },
  },

  'fleet-paths': {
    async holds(whole) {
      const reply = await whole.post('/api/osquery/enroll', enrollment('web-01'))
      const node_key = nodeKeyTakenFrom(reply.text)
      expect(node_key).not.toBeNull()
      for (const route of ['config', 'log', 'distributed/read', 'distributed/write']) {
        const body = { node_key, log_type: 'result', data: [] }
        const there = await whole.post(`/api/osquery/${route}`, body)
        const here = await whole.post(`/api/v1/osquery/${route}`, body)
        expect(there).toMatchObject({ status: 200, text: here.text, meaning: 'deleted' })
      }
    },
  },

  'version-200': {
    async holds(whole) {
      expect((await whole.fetch('/version')).status).toBe(200)
    },
  },
}

import { expect } from 'vitest'
import { osqueryFlags } from '../../../commands/local/osquery-flags.ts'
import type { PeerCases } from './peer-case.ts'

/** Flags that only a flagfile can set (osquery: docs/wiki/installation/cli-flags). */
const FLAGFILE_ONLY = /^(config_|enroll_|tls_|host_identifier$|logger_plugin$|distributed_plugin$)/

export const configCases: PeerCases = {
  'config-shape': {
    async holds(whole) {
      const reply = await whole.post('config', { node_key: await whole.enroll('web-01') })
      const { options, packs } = JSON.parse(reply.text)
      for (const [name, value] of Object.entries(options)) {
        expect(name).not.toMatch(FLAGFILE_ONLY)
        expect(typeof value === 'number' ? Number.isInteger(value) : typeof value, name).not.toBe(false)
        expect(['number', 'boolean', 'string']).toContain(typeof value)
      }
      const queries = Object.values(packs).flatMap(
        pack => Object.values((pack as { queries: Record<string, Record<string, unknown>> }).queries), // as osquery reads it
      )
      expect(queries.length).toBeGreaterThan(1)
      for (const { query, interval } of queries) {
        expect(query).toMatch(/^\s*(select|with)\b/i)
        expect(Number.isInteger(interval)).toBe(true)
      }
    },
  },

  'config-etag': {
    differs: 'Not offered yet: every answer is the full config and none has an etag, whatever is asked.',
    async holds(whole) {
      const node_key = await whole.enroll('web-01')
      const full = await whole.post('config', { node_key })
      expect(JSON.parse(full.text)).not.toHaveProperty('etag')
      for (const etag of ['', 'abc']) {
        expect((await whole.post('config', { node_key, etag })).text).toBe(full.text)
      }
    },
  },

  'config-refresh-in-flagfile': {
    async holds() {
      const flags = osqueryFlags({
        tlsHostname: 'margay.example.com',
        enrollSecretPath: '/etc/osquery/secret',
        serverCertificates: null,
      })
      expect(flags.join('\n')).toMatch(/^--config_refresh=[1-9]\d*$/m)
    },
  },

  'distributed-read-empty': {
    differs: 'The answer is `{}`, which says the same to osqueryd and to every client that was looked at.',
    async holds(whole) {
      const reply = await whole.post('distributed/read', { node_key: await whole.enroll('web-01') })
      expect(reply).toMatchObject({ status: 200, meaning: 'deleted' })
      expect(JSON.parse(reply.text).queries ?? {}).toEqual({})
    },
  },

  'distributed-write-foreign': {
    differs: 'Nothing is asked over this channel yet, so every answer is foreign: taken, and dropped.',
    async holds(whole) {
      const reply = await whole.post('distributed/write', {
        node_key: await whole.enroll('web-01'),
        queries: { 'of-another-host': [{ a: 'b' }] },
        statuses: { 'of-another-host': 0 },
      })
      expect(reply).toMatchObject({ status: 200, text: '{}' })
      await whole.settle()
      expect((await whole.api('/events')).items).toEqual([])
    },
  },
}

import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { heldQueue } from '../../test/held-queue.ts'
import { worldFor } from '../../test/world.ts'
import type { AlertWakeUp } from '../alerts/wake-up.ts'
import type { HostId } from '../detect/event.ts'
import type { IngestMessage } from '../ingest/message.ts'
import { agentApp } from './app.ts'
import { parseEnrollRequest } from './enroll-request.ts'
import { mintNodeKey } from './node-key.ts'

/** Requests as the compiled client put them on the wire; its node key is `nk-1`. */
const WIRE = '../shared/data/osquery/wire'
const host = 'c0ffee0123456789c0ffee01' as HostId

interface WireRequest {
  readonly headers: Headers
  readonly body: Uint8Array
}

function recorded(file: string): WireRequest {
  const bytes = readFileSync(`${WIRE}/${file}`)
  const end = bytes.indexOf('\r\n\r\n')
  const [, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  return { headers, body: bytes.subarray(end + 4) }
}

/** Puts a key of ours in the place of the recorded one, in header and body. */
function withKey(request: WireRequest, key: string): WireRequest {
  const headers = new Headers(request.headers)
  if (headers.has('authorization')) headers.set('authorization', `NodeKey ${key}`)
  const zipped = request.body[0] === 0x1f
  const text = Buffer.from(zipped ? gunzipSync(request.body) : request.body).toString('latin1')
  const replaced = Buffer.from(text.replace('"node_key":"nk-1"', `"node_key":"${key}"`), 'latin1')
  return { headers, body: zipped ? gzipSync(replaced) : replaced }
}

/** The agent routes with a queue that keeps what it gets, an empty bucket, and no database at all. */
function setUp() {
  const { queue, sent } = heldQueue<IngestMessage>()
  // Only `get` is called on the accept path, and nothing of D1.
  const BUCKET = { get: async () => null } as unknown as R2Bucket
  const DB = {} as unknown as D1Database
  const world = worldFor({ DB, BUCKET, INGEST: queue, ALERTS: heldQueue<AlertWakeUp>().queue })
  const app = agentApp(world, [])
  const post = async ({ headers, body }: WireRequest) => {
    const reply = await app.request('/api/v1/osquery/log', {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    })
    return reply.text()
  }
  return { world, sent, post }
}

function textOf(message: IngestMessage | undefined): string {
  return message?.kind === 'inline' ? gunzipSync(message.gzip).toString('latin1') : ''
}

describe.runIf(existsSync(WIRE))('requests of the real client', () => {
  const logs = ['log-result.http', 'log-status.http', 'log-result-gzip.http', 'log-order-within-second.http']

  it.each(logs)('%s: is accepted byte for byte', async file => {
    const { world, sent, post } = setUp()
    const request = withKey(recorded(file), mintNodeKey(world, host))
    expect(await post(request)).toBe('{}')
    expect(sent).toMatchObject([{ kind: 'inline', hostId: host }])
    const posted = request.body[0] === 0x1f ? gunzipSync(request.body) : request.body
    expect(textOf(sent[0])).toBe(Buffer.from(posted).toString('latin1'))
  })

  it.each(logs)('%s: with the key of another server makes the host enroll here', async file => {
    const { sent, post } = setUp()
    expect(await post(recorded(file))).toBe('{"node_invalid":true}')
    expect(sent).toEqual([])
  })

  it('of osquery 3.1, which begins with its key, is accepted', async () => {
    const { world, sent, post } = setUp()
    const key = mintNodeKey(world, host)
    const body = readFileSync(`${WIRE}/legacy-le-3.1-log-body.json`, 'latin1')
    const replaced = body.replace(/"node_key":"[^"]*"/, `"node_key":"${key}"`)
    expect(replaced).toContain(key)
    expect(await post({ headers: new Headers(), body: Buffer.from(replaced, 'latin1') })).toBe('{}')
    expect(textOf(sent[0])).toBe(replaced)
  })

  it('to enroll are read whole', () => {
    expect(parseEnrollRequest(recorded('enroll.http').body)).toMatchObject({
      secret: 's3cret',
      claims: {
        instanceId: 'a1b2c3d4-0000-4000-8000-000000000001',
        hostIdentifier: 'web-01.example.com',
        hostname: 'web-01.example.com',
        hardwareUuid: '4C4C4544-0051-3610-8052-B4C04F4D3032',
        hardwareSerial: 'ABC1234',
        platform: 'ubuntu',
        osName: 'Ubuntu',
        osVersion: '22.04.3 LTS (Jammy Jellyfish)',
        osqueryVersion: '5.23.1',
      },
    })
  })
})

const FLEET_ENROLLMENTS = '../shared/data/corpora/fleet/enroll_bodies.ndjson'

describe.runIf(existsSync(FLEET_ENROLLMENTS))('enroll bodies that another server met', () => {
  it('are all read', () => {
    const lines = readFileSync(FLEET_ENROLLMENTS, 'utf8').trim().split('\n')
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(parseEnrollRequest(new TextEncoder().encode(line)), line).not.toBeNull()
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { testConsole } from '../../../test/console.ts'
import { failingR2 } from '../../../test/faults.ts'
import { freshStorage } from '../../../test/storage.ts'
import { TEST_NOW } from '../../../test/world.ts'
import type { HostId } from '../../detect/event.ts'
import { enrollHost, touchHosts } from '../../store/hosts.ts'

beforeEach(freshStorage)

async function enroll(id: string, facts: Partial<Parameters<typeof enrollHost>[1]> = {}): Promise<void> {
  await enrollHost(env.DB, {
    hostId: id as HostId, // any text of the right letters is the id of a host to the stores
    instanceId: `instance-${id}`,
    hostIdentifier: `${id}.example.com`,
    hostname: `${id}.example.com`,
    hardwareUuid: '4C4C4544-0042',
    hardwareSerial: 'SN-1',
    platform: 'ubuntu',
    osName: 'Ubuntu',
    osVersion: '26.04',
    osqueryVersion: '5.19.0',
    label: 'default',
    details: '{"system_info":{"cpu_brand":"x"}}',
    at: TEST_NOW,
    ...facts,
  })
}

describe('GET /hosts', () => {
  it('lists what is known of each host', async () => {
    await enroll('web-1')
    const { body } = await testConsole().get('/hosts')
    expect(body).toEqual({
      items: [
        {
          id: 'web-1',
          hostname: 'web-1.example.com',
          host_identifier: 'web-1.example.com',
          hardware_uuid: '4C4C4544-0042',
          hardware_serial: 'SN-1',
          platform: 'ubuntu',
          os_name: 'Ubuntu',
          os_version: '26.04',
          osquery_version: '5.19.0',
          enroll_label: 'default',
          tags: ['default'],
          enrolled_at: '2026-11-24T12:00:00.000Z',
          enroll_count: 1,
          last_seen_at: '2026-11-24T12:00:00.000Z',
          state: 'new',
          state_since: '2026-11-24T12:00:00.000Z',
          revoked_at: null,
        },
      ],
      next_cursor: null,
    })
  })

  it('pages through all of them, each once', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await enroll(id)
    const console = testConsole()
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await console.get(`/hosts?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.next_cursor
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('finds by part of a name in either case, and by state', async () => {
    await enroll('web-1')
    await enroll('db-1', { hostname: 'DB-1.example.com' })
    await env.DB.prepare("UPDATE hosts SET silence_state = 'silent' WHERE host_id = 'web-1'").run()
    const console = testConsole()
    const idsOf = async (query: string) =>
      (await console.get(`/hosts?${query}`)).body.items.map(({ id }: { id: string }) => id)
    expect(await idsOf('q=db-1.EXAMPLE')).toEqual(['db-1'])
    expect(await idsOf('state=silent')).toEqual(['web-1'])
    expect(await idsOf('q=%25')).toEqual([])
    expect(await idsOf('q=_')).toEqual([])
  })

  it.each([
    ["q=' OR 1=1 --", 200],
    ["state='; DROP TABLE hosts; --", 200],
    ["cursor=' OR 1=1", 400],
  ])('takes %s for text', async (query, status) => {
    await enroll('web-1')
    const console = testConsole()
    const reply = await console.get(`/hosts?${encodeURI(query)}`)
    expect(reply.status).toBe(status)
    if (status === 200) expect(reply.body.items).toEqual([])
    expect((await console.get('/hosts')).body.items).toHaveLength(1)
  })

  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=x', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=', 'cursor'],
    ['cursor=%00', 'cursor'],
    [`q=${'x'.repeat(257)}`, 'q'],
  ])('refuses %.20s and names the field', async (query, field) => {
    const reply = await testConsole().get(`/hosts?${query}`)
    expect([reply.status, reply.body.error.code, reply.body.error.field]).toEqual([
      400,
      'invalid_parameter',
      field,
    ])
  })
})

describe('GET /hosts/:id', () => {
  it('tells when the host was heard by which channel, and what it said of itself', async () => {
    await enroll('web-1')
    await touchHosts(env.DB, [{ hostId: 'web-1' as HostId, channel: 'pulse', at: TEST_NOW + 60_000 }]).run()
    const { body } = await testConsole().get('/hosts/web-1')
    expect(body).toMatchObject({
      id: 'web-1',
      instance_id: 'instance-web-1',
      last_seen_by: {
        enroll: '2026-11-24T12:00:00.000Z',
        config: null,
        pulse: '2026-11-24T12:01:00.000Z',
      },
      silences: 0,
      details: { system_info: { cpu_brand: 'x' } },
    })
  })

  it.each(['nobody', '__proto__', "'%20OR%20'1'='1", '%00', 'x'.repeat(300)])(
    'answers no host for %.20s',
    async id => {
      await enroll('web-1')
      const reply = await testConsole().get(`/hosts/${id}`)
      expect([400, 404]).toContain(reply.status)
    },
  )
})

describe('POST /hosts/:id/revoke', () => {
  it('makes the keys of the host void', async () => {
    await enroll('web-1')
    const { status, body } = await testConsole().post('/hosts/web-1/revoke')
    expect([status, body.id, body.revoked_at]).toEqual([200, 'web-1', '2026-11-24T12:00:00.000Z'])
    const mirror = await env.BUCKET.get('state/revocations.json')
    expect(await mirror?.json()).toEqual({ 'web-1': TEST_NOW })
  })

  it('answers 404 for a host that is not there', async () => {
    expect((await testConsole().post('/hosts/nobody/revoke')).status).toBe(404)
  })

  it('fails when the revocation could not be published, and succeeds when repeated', async () => {
    await enroll('web-1')
    const { store } = failingR2(env.BUCKET, { failAt: 0 })
    const console = testConsole({ bucket: store })
    expect((await console.post('/hosts/web-1/revoke')).status).toBe(500)
    expect((await console.post('/hosts/web-1/revoke', {})).status).toBe(200)
  })
})

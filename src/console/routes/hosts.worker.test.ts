import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { testConsole } from '../../../test/console.ts'
import { failingR2 } from '../../../test/faults.ts'
import { freshStorage } from '../../../test/storage.ts'
import { TEST_NOW } from '../../../test/world.ts'
import type { HostId } from '../../detect/event.ts'
import { HOST_CLASSES } from '../../staleness/host-class.ts'
import { NO_VITALS } from '../../staleness/vitals.ts'
import { vitalsText } from '../../staleness/vitals-text.ts'
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

/** Vitals of a host whose longest gaps of the last days were these, ms. */
function awayFor(...gaps: readonly number[]): string {
  const days = gaps.map((longestMs, index) => ({ day: 20_780 + index, learntMs: 0, longestMs }))
  return vitalsText({ ...NO_VITALS, rhythm: { ...NO_VITALS.rhythm, days } })
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
          class: 'server',
          class_reason: expect.any(String),
          state: 'new',
          state_since: '2026-11-24T12:00:00.000Z',
          state_reason: '',
          state_alert: null,
          threshold_seconds: 3_600,
          threshold_term: 'learning',
          threshold_reason: 'it is still being learnt, for the first 1 d',
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
    expect(await idsOf('state=stale')).toEqual(['web-1'])
    expect(await idsOf('q=%25')).toEqual([])
    expect(await idsOf('q=_')).toEqual([])
  })

  it('finds by class, however a host came by it', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await enroll(id)
    const set = (id: string, change: string) =>
      env.DB.prepare(`UPDATE hosts SET ${change} WHERE host_id = ?`).bind(id).run()
    await set('a', "class = 'laptop', class_guess = 'ephemeral'")
    await set('b', `tags = '["default","laptop"]', class_guess = 'ephemeral'`)
    await set('c', "class_guess = 'laptop'")
    await set('d', "class = 'nonsense', class_guess = 'nonsense'")
    await set('e', `tags = '["laptop","server"]'`)
    await set('f', `vitals = '${awayFor(20_000_000, 7_200_000, 7_199_999, 72_000_000)}'`)
    await set('g', `vitals = '${awayFor(20_000_000, 7_200_000, 7_199_999, 72_000_001)}'`)
    await set('h', "vitals = '{'")
    const console = testConsole()
    for (const name of HOST_CLASSES) {
      const { items } = (await console.get(`/hosts?class=${name}`)).body
      expect(items.map((host: { class: string }) => host.class)).toEqual(items.map(() => name))
    }
    const ids = (await console.get('/hosts?class=laptop')).body.items.map(({ id }: { id: string }) => id)
    expect(ids).toEqual(['a', 'b', 'c', 'f'])
    const [first, second] = (await console.get('/hosts')).body.items
    expect(first.class_reason).not.toBe(second.class_reason)
  })

  it('leaves out hosts that are gone, unless they are asked for', async () => {
    await enroll('web-1')
    await enroll('old-1')
    await env.DB.prepare("UPDATE hosts SET silence_state = 'gone' WHERE host_id = 'old-1'").run()
    const console = testConsole()
    const idsOf = async (query: string) =>
      (await console.get(`/hosts${query}`)).body.items.map(({ id }: { id: string }) => id)
    expect(await idsOf('')).toEqual(['web-1'])
    expect(await idsOf('?q=old')).toEqual([])
    expect(await idsOf('?state=gone')).toEqual(['old-1'])
    expect((await console.get('/hosts/old-1')).body.state).toBe('gone')
  })

  it('tells why a host is in its state, and what its threshold goes by', async () => {
    await enroll('web-1')
    const vitals = vitalsText({
      ...NO_VITALS,
      rhythm: { since: 0, meanMs: 300_000, deviationMs: 200_000, days: [] },
    })
    await env.DB.prepare(
      "UPDATE hosts SET silence_state = 'stale', silence_reason = 'Why.', silence_alert = 'margay.host-silent', vitals = ?",
    )
      .bind(vitals)
      .run()
    const [host] = (await testConsole().get('/hosts?state=stale')).body.items
    expect(host).toMatchObject({
      state: 'stale',
      state_reason: 'Why.',
      state_alert: 'margay.host-silent',
      threshold_seconds: 1_500,
      threshold_term: 'rhythm',
    })
  })

  it('shows a state of newer code as it is, and vitals that it cannot read as none', async () => {
    await enroll('web-1')
    await env.DB.prepare(`UPDATE hosts SET silence_state = 'asleep', vitals = '[{"pulses":7'`).run()
    const { body } = await testConsole().get('/hosts/web-1')
    expect([body.state, body.pulses.count]).toEqual(['asleep', 0])
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
    ['class=desktop', 'class'],
    ['class=', 'class'],
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
      alerts: 0,
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

describe('what GET /hosts/:id knows of a host’s logs', () => {
  it('is its rhythm, its pulses, what was lost, and which config it runs', async () => {
    await enroll('web-1')
    const vitals = vitalsText({
      ...NO_VITALS,
      contacts: { lastAt: TEST_NOW, previousAt: TEST_NOW - 300_000 },
      pulses: {
        ...NO_VITALS.pulses,
        count: 12,
        lastAt: TEST_NOW,
        previousAt: TEST_NOW - 300_000,
        lagMs: 61_000,
        steady: 5,
        version: '5.23.1',
        configId: '0123456789ab',
        configSince: TEST_NOW - 600_000,
        configPulses: 3,
        lost: 4,
        lostAt: TEST_NOW - 60_000,
        gaps: [{ from: TEST_NOW - 3_600_000, to: TEST_NOW - 2_100_000, pulses: 4 }],
        clones: 1,
      },
      rhythm: {
        since: TEST_NOW - 86_400_000,
        meanMs: 300_000,
        deviationMs: 4_500,
        days: [{ day: 20_781, learntMs: 310_000, longestMs: 900_000 }],
      },
    })
    await env.DB.prepare(
      'UPDATE hosts SET vitals = ?, served_config = ?, served_config_at = ?, lines_dropped = 7, late_lines = 9',
    )
      .bind(vitals, 'ba9876543210', TEST_NOW - 900_000)
      .run()
    const { body } = await testConsole().get('/hosts/web-1')
    expect(body).toMatchObject({
      rhythm: {
        learning_since: '2026-11-23T12:00:00.000Z',
        mean_gap_seconds: 300,
        deviation_seconds: 4.5,
        days: [{ day: '2026-11-24', longest_learnt_gap_seconds: 310, longest_gap_seconds: 900 }],
      },
      pulses: {
        count: 12,
        last_at: '2026-11-24T12:00:00.000Z',
        osquery_version: '5.23.1',
        lag_seconds: 61,
        clock_offset_seconds: 61,
        clones: 1,
      },
      loss: {
        lost_pulses: 4,
        lost_at: '2026-11-24T11:59:00.000Z',
        gaps: [{ from: '2026-11-24T11:00:00.000Z', to: '2026-11-24T11:25:00.000Z', pulses: 4 }],
        dropped_lines: 7,
        minutes_at_risk: 25,
        late_lines: 9,
      },
      config: {
        served: 'ba9876543210',
        served_since: '2026-11-24T11:45:00.000Z',
        running: '0123456789ab',
        running_since: '2026-11-24T11:50:00.000Z',
        running_pulses: 3,
      },
    })
  })

  it('is nothing before it sent anything', async () => {
    await enroll('web-1')
    expect((await testConsole().get('/hosts/web-1')).body).toMatchObject({
      rhythm: { learning_since: null, days: [] },
      pulses: { count: 0, last_at: null, clock_offset_seconds: null },
      loss: { lost_pulses: 0, lost_at: null, gaps: [] },
      config: { served: null, served_since: null, running: null, running_since: null, running_pulses: 0 },
    })
  })
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

describe('POST /hosts/:id/class', () => {
  const auditOf = async () =>
    (await testConsole().get('/audit')).body.items.map(
      ({ who, what, subject, detail }: Record<string, string>) => ({ who, what, subject, detail }),
    )

  it('says of which class a host is, before tag and guess, until it is taken back', async () => {
    await enroll('web-1', { label: 'ephemeral' })
    await env.DB.prepare("UPDATE hosts SET class_guess = 'laptop', class_reason = 'It has a battery.'").run()
    const console = testConsole()
    const set = await console.post('/hosts/web-1/class', { class: 'server', by: 'ada@example.com' })
    expect([set.status, set.body.class]).toEqual([200, 'server'])
    console.world.advance(1_000)
    expect((await console.post('/hosts/web-1/class', { class: null })).body.class).toBe('ephemeral')
    expect(await auditOf()).toEqual([
      { who: 'api', what: 'set_host_class', subject: 'web-1', detail: 'server to none' },
      { who: 'ada@example.com', what: 'set_host_class', subject: 'web-1', detail: 'none to server' },
    ])
  })

  it('is kept when the host enrolls again', async () => {
    await enroll('web-1')
    await testConsole().post('/hosts/web-1/class', { class: 'laptop' })
    await enroll('web-1', { at: TEST_NOW + 60_000 })
    expect((await testConsole().get('/hosts/web-1')).body.class).toBe('laptop')
  })

  it.each([
    [{}, 'class'],
    [{ class: 'desktop' }, 'class'],
    [{ class: '' }, 'class'],
    [{ class: ['server'] }, 'class'],
    [{ class: 'server', by: '' }, 'by'],
    [{ class: 'server', state: 'live' }, 'state'],
  ])('refuses %j and changes nothing', async (body, field) => {
    await enroll('web-1')
    const reply = await testConsole().post('/hosts/web-1/class', body)
    expect([reply.status, reply.body.error.code, reply.body.error.field]).toEqual([
      400,
      'invalid_body',
      field,
    ])
    expect((await testConsole().get('/hosts/web-1')).body.class).toBe('server')
    expect(await auditOf()).toEqual([])
  })

  it('answers 404 for a host that is not there, and writes nothing', async () => {
    const reply = await testConsole().post('/hosts/nobody/class', { class: 'server' })
    expect([reply.status, reply.body.error.code]).toEqual([404, 'not_found'])
    expect(await auditOf()).toEqual([])
    expect((await testConsole().get('/hosts')).body.items).toEqual([])
  })

  it('needs the token', async () => {
    await enroll('web-1')
    const init = {
      method: 'POST',
      body: '{"class":"laptop"}',
      headers: { 'content-type': 'application/json' },
    }
    expect((await testConsole().raw('/api/v1/hosts/web-1/class', init)).status).toBe(401)
    expect((await testConsole().get('/hosts/web-1')).body.class).toBe('server')
  })
})

describe('POST /hosts/:id/tags', () => {
  const tagsOf = async () => (await testConsole().get('/hosts/web-1')).body.tags

  it('puts tags in the place of those given before; the label stays', async () => {
    await enroll('web-1', { label: 'prod' })
    const console = testConsole()
    const given = await console.post('/hosts/web-1/tags', {
      tags: ['web', 'eu-1', 'web'],
      by: 'ada@example.com',
    })
    expect([given.status, given.body.tags]).toEqual([200, ['eu-1', 'prod', 'web']])
    console.world.advance(1_000)
    expect((await console.post('/hosts/web-1/tags', { tags: ['db'] })).body.tags).toEqual(['db', 'prod'])
    console.world.advance(1_000)
    expect((await console.post('/hosts/web-1/tags', { tags: [] })).body.tags).toEqual(['prod'])
    const [, , first] = (await console.get('/audit')).body.items
    expect(first).toMatchObject({
      who: 'ada@example.com',
      what: 'set_host_tags',
      subject: 'web-1',
      detail: '["prod"] to ["web","eu-1","web"]',
    })
  })

  it('outlive an enrollment, also one under another label', async () => {
    await enroll('web-1', { label: 'prod' })
    await testConsole().post('/hosts/web-1/tags', { tags: ['web'] })
    await enroll('web-1', { label: 'prod', at: TEST_NOW + 60_000 })
    expect(await tagsOf()).toEqual(['prod', 'web'])
    await enroll('web-1', { label: 'staging', at: TEST_NOW + 120_000 })
    expect(await tagsOf()).toEqual(['staging', 'web'])
  })

  it('may name a class', async () => {
    await enroll('web-1')
    expect((await testConsole().post('/hosts/web-1/tags', { tags: ['laptop'] })).body.class).toBe('laptop')
  })

  it.each([
    ['none', {}, 'tags'],
    ['a text', { tags: 'web' }, 'tags'],
    ['too many', { tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, 'tags'],
    ['an empty one', { tags: [''] }, 'tags.0'],
    ['one that is too long', { tags: ['ok', 'x'.repeat(65)] }, 'tags.1'],
    ['one with a colon, as groups by system have', { tags: ['os:linux'] }, 'tags.0'],
    ['one with characters of markup or control', { tags: ['<b>\u0000'] }, 'tags.0'],
    ['one that is no text', { tags: [{ toString: 'web' }] }, 'tags.0'],
  ])('refuses %s and changes nothing', async (_, body, field) => {
    await enroll('web-1')
    const reply = await testConsole().post('/hosts/web-1/tags', body)
    expect([reply.status, reply.body.error.code, reply.body.error.field]).toEqual([
      400,
      'invalid_body',
      field,
    ])
    expect(await tagsOf()).toEqual(['default'])
    expect((await testConsole().get('/audit')).body.items).toEqual([])
  })

  it('answers 404 for a host that is not there', async () => {
    expect((await testConsole().post('/hosts/nobody/tags', { tags: ['web'] })).status).toBe(404)
  })

  it('needs the token', async () => {
    await enroll('web-1')
    const init = { method: 'POST', body: '{"tags":["web"]}', headers: { 'content-type': 'application/json' } }
    expect((await testConsole().raw('/api/v1/hosts/web-1/tags', init)).status).toBe(401)
    expect(await tagsOf()).toEqual(['default'])
  })
})

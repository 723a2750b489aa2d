import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventOf } from '../../test/event.ts'
import { freshStorage } from '../../test/storage.ts'
import type { OsqueryEvent, RowId } from '../detect/event.ts'
import { insertEvents } from './events.ts'
import { hotJson } from './hot-event.ts'

const made = (id: string, overrides: Partial<OsqueryEvent> = {}) =>
  eventOf({ p_row_id: id as RowId, ...overrides }) // any text sorts somewhere

async function store(...events: OsqueryEvent[]): Promise<void> {
  await env.DB.batch(insertEvents(env.DB, events.map(hotJson)))
}

beforeEach(freshStorage)

describe('insertEvents', () => {
  it('stores the searched fields in columns and the event as it is', async () => {
    const event = made('a', { columns: JSON.parse('{"__proto__": "x", "n": "\\u0001 é 🐈 \\ud800"}') })
    await store(event)
    const row = await env.DB.prepare('SELECT * FROM events').first()
    expect(row).toMatchObject({
      p_row_id: 'a',
      p_event_time: event.p_event_time,
      p_parse_time: event.p_parse_time,
      p_host_id: event.p_host_id,
      p_log_type: event.p_log_type,
      name: event.name,
      action: event.action,
      p_pack: event.p_pack,
      p_query: event.p_query,
      p_table: event.p_table,
    })
    expect(row?.['event']).toBe(JSON.stringify(event))
  })

  it('splits what would not fit one parameter, and leaves a stored event alone', async () => {
    const big = Array.from({ length: 6 }, (_, index) =>
      made(`e${index}`, { columns: { x: 'y'.repeat(400_000) } }),
    )
    expect(insertEvents(env.DB, big.map(hotJson)).length).toBeGreaterThan(1)
    await store(...big)
    await store(made('e0', { name: 'changed' }))
    expect(await env.DB.prepare("SELECT count(*) AS n FROM events WHERE name = ''").first('n')).toBe(0)
    expect(await env.DB.prepare('SELECT count(*) AS n FROM events').first('n')).toBe(6)
    expect(await env.DB.prepare("SELECT name FROM events WHERE p_row_id = 'e0'").first('name')).not.toBe(
      'changed',
    )
  })

  it('writes one row an event and none for a known one', async () => {
    const jsons = [made('a'), made('b')].map(hotJson)
    const written = async () => (await insertEvents(env.DB, jsons)[0]?.run())?.meta.rows_written
    expect([await written(), await written()]).toEqual([2, 0])
  })
})

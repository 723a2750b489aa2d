import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { gzipText } from '../../test/ingest-batch.ts'
import type { HostId } from '../detect/event.ts'
import { RejectedRecords } from './rejected-records.ts'

const POST = { hostId: 'host-1' as HostId, receivedAt: 7 }
const GZIP = gzipText('{"node_key":"secret","data":[1]}')

const rejected = () => new RejectedRecords(POST)
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const bad = (position: number, bytes = new Uint8Array([120])) =>
  ({ reason: 'not_json', detail: 'one record is not valid JSON', position, bytes }) as const

describe('RejectedRecords', () => {
  it('has nothing for quarantine when nothing was rejected', async () => {
    expect(await rejected().end({ gzip: GZIP, end: null })).toBeNull()
  })

  it('keeps each record by itself, with reason, place, host and time', async () => {
    const records = rejected()
    records.add(bad(3))
    records.addValue('not_an_object', 4, [1, 'two'])
    const rejections = await records.end({ gzip: GZIP, end: null })
    expect(rejections?.counts).toBeNull()
    expect(rejections?.items.map(({ bytes, ...item }) => ({ ...item, text: text(bytes) }))).toEqual([
      { ...{ hostId: 'host-1', at: 7 }, reason: 'not_json', detail: bad(0).detail, position: 3, text: 'x' },
      {
        ...{ hostId: 'host-1', at: 7 },
        reason: 'not_an_object',
        detail: 'one record is not a JSON object',
        position: 4,
        text: '[1,"two"]',
      },
    ])
  })

  it.each([
    ['more than 500 are bad', 501, 1],
    ['they hold more than 4 MiB', 5, 1024 * 1024],
  ])('keeps the whole post when %s, and counts every record', async (_when, count, size) => {
    const records = rejected()
    for (let index = 0; index < count; index += 1) records.add(bad(index, new Uint8Array(size)))
    records.addValue('not_an_object', count, 1)
    const rejections = await records.end({ gzip: GZIP, end: null })
    expect(rejections?.items).toHaveLength(1)
    expect(rejections?.items[0]).toMatchObject({
      reason: 'many_rejected',
      position: null,
      byteCount: GZIP.length,
    })
    expect(gunzipSync(rejections?.items[0]?.bytes ?? GZIP).toString()).toBe(
      '{"node_key":"******","data":[1]}',
    )
    expect([...(rejections?.counts ?? [])]).toEqual([
      ['not_json', count],
      ['not_an_object', 1],
    ])
  })

  it('keeps 500 by themselves', async () => {
    const records = rejected()
    for (let index = 0; index < 500; index += 1) records.add(bad(index))
    expect((await records.end({ gzip: GZIP, end: null }))?.items).toHaveLength(500)
  })

  it('keeps the whole post when a record is nested too deep to be written again', async () => {
    const records = rejected()
    records.addValue('not_a_log_line', 0, JSON.parse('['.repeat(70_000) + ']'.repeat(70_000)))
    expect((await records.end({ gzip: GZIP, end: null }))?.items[0]?.reason).toBe('many_rejected')
  })
})

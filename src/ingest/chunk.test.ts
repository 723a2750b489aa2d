import { describe, expect, it } from 'vitest'
import { eventOf } from '../../test/event.ts'
import type { HostId, RowId } from '../detect/event.ts'
import type { QuarantineItem } from '../store/quarantine.ts'
import { Chunk } from './chunk.ts'

const HOST = 'host-1' as HostId
const eventCalled = (id: string, command = 'x') => eventOf({ p_row_id: id as RowId, columns: { command } })
const item: QuarantineItem = {
  hostId: HOST,
  reason: 'r',
  detail: '',
  position: 0,
  bytes: new Uint8Array(),
  at: 0,
}

describe('Chunk', () => {
  it('is empty until something is in it', () => {
    const chunk = new Chunk()
    expect([chunk.isEmpty, chunk.isFull]).toEqual([true, false])
    chunk.touch(HOST, 'result', 1)
    expect(chunk.isEmpty).toBe(false)
  })

  it('is full at three thousand events', () => {
    const chunk = new Chunk()
    for (let index = 0; index < 2_999; index += 1) chunk.addEvent(eventCalled(`e${index}`))
    expect(chunk.isFull).toBe(false)
    chunk.addEvent(eventCalled('last'))
    expect(chunk.isFull).toBe(true)
  })

  it('is full at three megabytes of events, counted before anything is cut', () => {
    const chunk = new Chunk()
    chunk.addEvent(eventCalled('giant', 'x'.repeat(3 * 1024 * 1024)))
    expect(chunk.isFull).toBe(true)
  })

  it('is full at a thousand rejections', () => {
    const chunk = new Chunk()
    for (const count of [500, 499]) chunk.addRejections({ items: Array(count).fill(item), counts: null })
    expect(chunk.isFull).toBe(false)
    chunk.addRejections({ items: [item], counts: null })
    expect(chunk.isFull).toBe(true)
  })

  it('keeps the first of two events with one id, and does not count the second', () => {
    const chunk = new Chunk()
    for (let index = 0; index < 4_000; index += 1) chunk.addEvent(eventCalled('same', `${index}`))
    expect(chunk.isFull).toBe(false)
    expect([...chunk.events.values()].map(({ event }) => event.columns)).toEqual([{ command: '0' }])
  })

  it('keeps the latest sign of life of each host and channel', () => {
    const chunk = new Chunk()
    chunk.touch(HOST, 'result', 2)
    chunk.touch(HOST, 'result', 1)
    chunk.touch(HOST, 'status', 1)
    expect(chunk.touches).toEqual([
      { hostId: HOST, channel: 'result', at: 2 },
      { hostId: HOST, channel: 'status', at: 1 },
    ])
  })
})

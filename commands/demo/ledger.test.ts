import { describe, expect, it } from 'vitest'
import { batchLine, eventLine, snapshotLine } from '../../test/simulator/result-line.ts'
import { eventKey, eventsOf, Ledger } from './ledger.ts'

const head = { name: 'q', hostIdentifier: 'h', unixTime: 1_795_521_600, counter: 1 }

describe('the events that a line must become', () => {
  it('are one for a row', () => {
    expect(eventsOf(eventLine(head, 'added', { a: '1' }))).toHaveLength(1)
  })

  it('are one for each row of a batch and of a snapshot', () => {
    expect(eventsOf(batchLine(head, [{ a: '1' }], [{ a: '2' }, { a: '3' }]))).toHaveLength(3)
    expect(eventsOf(snapshotLine(head, [{ a: '1' }, { a: '2' }]))).toHaveLength(2)
  })

  it('are one without columns for a snapshot that found nothing', () => {
    expect(eventsOf(snapshotLine(head, []))).toEqual([
      eventKey({ ...head, counter: '0', action: 'snapshot', columns: null, status: '' }),
    ])
  })

  it('tell rows apart by every member, whatever the order of columns', () => {
    const key = (columns: Record<string, string>) =>
      eventKey({ ...head, counter: '1', action: 'added', columns, status: '' })
    expect(key({ a: '1', b: '2' })).toBe(key({ b: '2', a: '1' }))
    expect(key({ a: '1' })).not.toBe(key({ a: '2' }))
    expect(eventsOf(eventLine(head, 'added', { a: '1' }))).not.toEqual(
      eventsOf(eventLine({ ...head, counter: 2 }, 'added', { a: '1' })),
    )
  })
})

describe('the ledger', () => {
  const line = eventLine(head, 'added', { a: '1' })

  it('expects only what was acknowledged, and once', () => {
    const ledger = new Ledger()
    ledger.sending([line], 5)
    expect(ledger.expected.size).toBe(0)
    ledger.accepted([line])
    ledger.accepted([line])
    expect(ledger.expected.size).toBe(1)
    expect(ledger.postedLines).toBe(1)
    expect(ledger.isAccepted(line)).toBe(true)
  })

  it('counts lines that leave again and remembers when they left first', () => {
    const ledger = new Ledger()
    ledger.sending([line], 5)
    ledger.sending([line, eventLine(head, 'removed', { a: '1' })], 9)
    expect(ledger.linesSentAgain).toBe(1)
    expect(ledger.firstSent(line)).toBe(5)
  })
})

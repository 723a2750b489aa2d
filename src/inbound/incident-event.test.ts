import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dedupKeyOf } from '../notify/pagerduty-body.ts'
import { readEvent } from './incident-event.ts'

const ALERT = '0123456789abcdef0123'
const read = (body: unknown) => readEvent(new TextEncoder().encode(JSON.stringify(body)))

function incident(event: object = {}, data: object = {}) {
  return read({
    event: {
      id: 'E1',
      event_type: 'incident.acknowledged',
      occurred_at: '2026-11-24T12:00:00.250Z',
      agent: { type: 'user_reference', summary: 'Someone' },
      data: {
        id: 'P1',
        incident_key: dedupKeyOf(ALERT),
        html_url: 'https://example.pagerduty.com/incidents/P1',
        resolve_reason: null,
        ...data,
      },
      ...event,
    },
  })
}

describe('an event about an incident', () => {
  it('says what happened to which incident, when and by whom', () => {
    expect(incident()).toEqual({
      kind: 'incident',
      eventId: 'E1',
      change: 'acknowledged',
      occurredAt: Date.UTC(2026, 10, 24, 12, 0, 0, 250),
      agent: 'Someone',
      incidentId: 'P1',
      nowIn: 'P1',
      url: 'https://example.pagerduty.com/incidents/P1',
      alertId: ALERT,
    })
  })

  it('may be done by nobody', () => {
    expect(incident({ agent: null })).toMatchObject({ agent: '' })
  })

  it.each(['other', 'margay:', 'margay:123', `margay:${ALERT}0`, ` margay:${ALERT}`, ''])(
    'with the key "%s" is about no alert of ours',
    incident_key => {
      expect(incident({}, { incident_key })).toMatchObject({ kind: 'incident', alertId: null })
    },
  )

  it('shows names and addresses as one line of what is seen', () => {
    expect(incident({ agent: { summary: 'A\u202eb\nc' } })).toMatchObject({ agent: 'A\\u202eb\\nc' })
    expect(incident({ agent: { summary: 'x'.repeat(900) } })).toMatchObject({ agent: 'x'.repeat(100) })
    expect(incident({}, { html_url: 'javascript:alert(1)' })).toMatchObject({ url: '' })
    expect(incident({}, { html_url: 'https://example.com/a b' })).toMatchObject({ url: '' })
  })

  it('that is resolved by merging is no resolve: it lies in the other incident now', () => {
    const resolve_reason = { type: 'merge_resolve_reason', incident: { id: 'P2' } }
    const event_type = 'incident.resolved'
    expect(incident({ event_type }, { resolve_reason })).toMatchObject({
      change: 'merged',
      incidentId: 'P1',
      nowIn: 'P2',
    })
    expect(incident({ event_type })).toMatchObject({ change: 'resolved', nowIn: 'P1' })
    expect(incident({ event_type }, { resolve_reason: { type: 'other' } })).toMatchObject({
      change: 'resolved',
    })
  })
})

describe('anything else', () => {
  it('is a ping', () => {
    expect(read({ event: { event_type: 'pagey.ping' } })).toEqual({ kind: 'ping' })
  })

  it.each([
    ['a type that changes no alert', { event: { event_type: 'incident.annotated' } }, 'incident.annotated'],
    ['a type of tomorrow', { event: { event_type: 'incident.teleported' } }, 'incident.teleported'],
    ['no event', {}, 'not an event'],
    ['a list', [], 'not an event'],
    ['null', null, 'not an event'],
    ['a type that is a number', { event: { event_type: 7 } }, 'not an event'],
  ])('is named for the log: %s', (_, body, what) => {
    expect(read(body)).toEqual({ kind: 'other', what })
  })

  it('is an incident without identity or time', () => {
    expect(incident({}, { id: '' }).kind).toBe('other')
    expect(incident({ occurred_at: 'yesterday' }).kind).toBe('other')
    expect(incident({ occurred_at: 17 }).kind).toBe('other')
    expect(incident({ data: null }).kind).toBe('other')
  })

  it('is never an error: bytes, nesting of 100,000, members of the prototype', () => {
    const deep = new TextEncoder().encode(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
    expect(readEvent(deep).kind).toBe('other')
    expect(readEvent(new Uint8Array([0xff, 0x00, 0x7b])).kind).toBe('other')
    expect(read({ event: { event_type: 'incident.resolved', data: { __proto__: { id: 'x' } } } }).kind).toBe(
      'other',
    )
    fc.assert(
      fc.property(fc.json(), fc.json(), (data, agent) => {
        const text = `{"event":{"event_type":"incident.resolved","occurred_at":"2026-11-24T12:00:00Z","agent":${agent},"data":${data}}}`
        expect(['other', 'incident']).toContain(readEvent(new TextEncoder().encode(text)).kind)
      }),
      { numRuns: 200 },
    )
  })
})

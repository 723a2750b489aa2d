import { describe, expect, it } from 'vitest'
import { groundsOf } from './grounds.ts'

describe('the grounds of an alert', () => {
  it('are what its context says of a silence', () => {
    const context = '{"state":"stale","reason":"No logs for 17 min.","since":"2026-11-24T11:43:00Z"}'
    expect(groundsOf({ kind: 'silence', context })).toEqual({
      reason: 'No logs for 17 min.',
      since: '2026-11-24T11:43:00Z',
    })
  })

  it('are those of a system alert that says why, and none of one that only counts', () => {
    expect(groundsOf({ kind: 'system', context: '{"reason":"Cron did not come."}' })).toEqual({
      reason: 'Cron did not come.',
      since: '',
    })
    expect(groundsOf({ kind: 'system', context: '{"posts":3}' })).toBeNull()
  })

  it('are none of a match, whatever its context holds', () => {
    expect(groundsOf({ kind: 'match', context: '{"reason":"a column"}' })).toBeNull()
  })

  it.each(['', 'null', '[]', '7', '"text"', '{"reason":7,"since":{}}'])(
    'are empty where %j says nothing',
    context => {
      expect(groundsOf({ kind: 'silence', context })).toEqual({ reason: '', since: '' })
    },
  )
})

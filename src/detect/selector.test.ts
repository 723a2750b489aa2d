import { expect, it } from 'vitest'
import { joining, query, table } from './selector.ts'

it('joins columns without selecting other events', () => {
  expect(joining(table('process_events', 'processes'), 'parent_path')).toEqual({
    kind: 'table',
    names: ['process_events', 'processes'],
  })
  const served = query({ query: 'SELECT 1;', interval: 60, pack: 'p', name: 'q' })
  expect(joining(served, 'x')).toEqual(served)
})

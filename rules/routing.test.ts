import { expect, it } from 'vitest'
import { patternOf } from '../src/detect/pattern.ts'
import { rules, sequences } from './index.ts'
import { alertRouting } from './routing.ts'

it('has a destination that is told of critical alerts', () => {
  expect(alertRouting.destinations).not.toEqual([])
})

it('routes by rules that there are; those of Margay itself begin with margay.', () => {
  const known = [...rules.map(({ id }) => id), ...sequences.map(({ rule }) => rule.id)]
  const patterns = alertRouting.routes.flatMap(({ when }) => when?.rule ?? [])
  const idle = patterns.filter(text => !text.startsWith('margay.') && !known.some(patternOf(text)))
  expect(idle).toEqual([])
})

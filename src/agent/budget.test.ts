import { expect, it } from 'vitest'
import { Budget } from './budget.ts'

it('gives each key its own window, which starts with the first spending', () => {
  const budget = new Budget(2, 1000, 10)
  expect([budget.spend(0, 'a'), budget.spend(1, 'a'), budget.spend(2, 'a')]).toEqual([true, true, false])
  expect(budget.spend(3, 'b')).toBe(true)
  expect(budget.spent(999, 'a')).toBe(3)
  expect(budget.spent(1000, 'a')).toBe(0)
  expect(budget.spend(1000, 'a')).toBe(true)
})

it('forgets the oldest window when there are too many', () => {
  const budget = new Budget(1, 1000, 2)
  for (const key of ['a', 'b', 'c']) budget.spend(0, key)
  expect(['a', 'b', 'c'].map(key => budget.spent(0, key))).toEqual([0, 1, 1])
})

import { describe, expect, it } from 'vitest'
import { isOfPackageChange, isWritten } from './file-change.ts'

describe('isWritten', () => {
  it('tells files with new content from those that went, were touched or read', () => {
    const words = [
      'CREATED',
      'UPDATED',
      'MOVED_TO',
      'DELETED',
      'MOVED_FROM',
      'ATTRIBUTES_MODIFIED',
      'OPENED',
      '',
    ]
    expect(words.filter(action => isWritten({ action }))).toEqual(['CREATED', 'UPDATED', 'MOVED_TO'])
  })
})

describe('isOfPackageChange', () => {
  const change = (time: string, packages_changed?: string) =>
    isOfPackageChange({ action: 'UPDATED', time, packages_changed })

  it('holds a quarter of an hour before and after the package manager wrote its records', () => {
    expect(change('1000000', '1000000')).toBe(true)
    expect(change('1000900', '1000000')).toBe(true)
    expect(change('1000000', '1000900')).toBe(true)
    expect(change('1000901', '1000000')).toBe(false)
    expect(change('1000000', '1000901')).toBe(false)
  })

  it.each([
    ['1000000', undefined],
    ['1000000', ''],
    ['', '1000000'],
    ['now', '1000000'],
    ['0', '0'],
    ['100', '0'],
  ])('is false when it can not be told: %j, %j', (time, changed) => {
    expect(change(time, changed)).toBe(false)
  })
})

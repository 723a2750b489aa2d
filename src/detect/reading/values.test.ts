import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../test/cpu-time.ts'
import { big, bool, int, time } from './values.ts'

const notNumbers = [
  '',
  ' ',
  '1 ',
  ' 1',
  '1.0',
  '1e3',
  '0x10',
  '1_000',
  '--1',
  '+',
  '-',
  'NaN',
  'Infinity',
  '١',
  '1\n',
]

describe('int', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['+7', 7],
    ['-12', -12],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ])('%j is %d', (text, value) => {
    expect(int(text)).toBe(value)
  })

  it.each([...notNumbers, '9007199254740992', '99999999999999999999999'])('%j is none', text => {
    expect(int(text)).toBeNull()
  })

  it('reads back every safe integer', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), value => int(String(value)) === value))
  })

  it('agrees with Number wherever it answers', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const value = int(text)
        return value === null || (Number.isSafeInteger(value) && value === Number(text))
      }),
    )
  })
})

describe('big', () => {
  it('reads back every integer of 64 bits, signed or unsigned', () => {
    fc.assert(fc.property(fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n), value => big(String(value)) === value))
    expect(big('+5')).toBe(5n)
  })

  it.each([...notNumbers, '18446744073709551616', '-9223372036854775809', '1n'])('%j is none', text => {
    expect(big(text)).toBeNull()
  })
})

describe('bool', () => {
  it.each([
    ['1', true],
    ['true', true],
    ['TRUE', true],
    ['0', false],
    ['False', false],
    ['', null],
    ['-1', null],
    ['2', null],
    ['yes', null],
    [' 1', null],
    ['truee', null],
  ])('%j is %s', (text, value) => {
    expect(bool(text)).toBe(value)
  })
})

describe('time', () => {
  it.each([
    ['1', 1000],
    ['1700000000', 1_700_000_000_000],
    ['1700000000.0', 1_700_000_000_000],
    ['1700000000.25', 1_700_000_000_250],
    ['253402300799', 253_402_300_799_000],
  ])('%j is %d ms', (text, ms) => {
    expect(time(text)).toBe(ms)
  })

  it.each([
    ...notNumbers.filter(text => text !== '1.0'),
    '0',
    '-1',
    '-1.0',
    '0.0',
    '253402300800',
    '1.',
    '.5',
  ])('%j is none', text => {
    expect(time(text)).toBeNull()
  })
})

it.each(['1', '0', '-', '+', '9', '.', '1.', 'true', ' ', '\u0660'])(
  'is done with 10,000 characters of %j in no time',
  piece => {
    const hostile = piece.repeat(10_000 / piece.length)
    const ms = cpuMs(() => {
      for (const read of [int, big, bool, time]) expect(read(hostile)).toBeNull()
    })
    expect(ms).toBeLessThan(5)
  },
)

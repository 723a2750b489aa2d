import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unsafeRegexes } from './unsafe-regex.ts'

describe('unsafeRegexes', () => {
  it.each([
    '/(a+)+$/',
    '/(?:a*b?)*c/',
    '/(x{2,})+/',
    '/(a|b+){3,}/',
    '/((a+)b)+/',
    '/(?:(?:x|(?:y*))z)*/',
    '/(?<name>\\w+)*/',
    '/([^)]+)+/',
    '/(\\)+a)+/',
  ])('finds %s', literal => {
    expect(unsafeRegexes(`const A = ${literal}i`)).toEqual([`${literal}i`])
  })

  it.each([
    '/(?:ab)+/',
    '/a+b+/',
    '/(a+)?/',
    '/\\(a+\\)+/',
    '/(a{2})+/',
    '/[(a+)]+/',
    '/(?:a+){2}/',
    '/[+*](?:b)+/',
  ])('lets %s be', literal => {
    expect(unsafeRegexes(`const A = ${literal}`)).toEqual([])
  })

  it('finds them wherever a value may stand, and not in divisions and comments', () => {
    const source =
      'f(1, /(x+)+/); const g = () => /(y+)+/u.test(a)\nreturn /(z+)+/\n a / (b + c) + d / 2 // no /(c+)+/'
    expect(unsafeRegexes(source)).toEqual(['/(x+)+/', '/(y+)+/u', '/(z+)+/'])
  })

  it('finds them in texts that become one', () => {
    expect(unsafeRegexes("new RegExp('^(\\\\w+)+$', 'i'); new RegExp(`a+`)")).toEqual(['^(\\w+)+$'])
  })

  it('never throws, and takes linear time', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('(', ')', '[', ']', '\\', '*', '+', '{', '2,}', 'a', '/', '=') }),
        text => {
          unsafeRegexes(`= /${text}/`)
        },
      ),
      { numRuns: 200 },
    )
    const start = performance.now()
    unsafeRegexes(`= /${'(a'.repeat(50_000)}/`)
    expect(performance.now() - start).toBeLessThan(200)
  })
})

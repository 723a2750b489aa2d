import fc from 'fast-check'
import { expect, it } from 'vitest'
import { redacted } from './redact.ts'

const SECRET = '0123456789abcdef0123456789abcdef'

it('takes secrets out of what others say', () => {
  expect(redacted(`key ${SECRET} and ${SECRET} refused`, [SECRET])).toBe('key [secret] and [secret] refused')
})

it('never leaves a part of a secret at the cut', () => {
  fc.assert(
    fc.property(fc.nat({ max: 400 }), before => {
      expect(redacted(`${'-'.repeat(before)}${SECRET}`, [SECRET])).not.toContain(SECRET.slice(0, 4))
    }),
  )
})

it('leaves one line of at most 200 units, well-formed, without marks that turn the reading direction', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), text => {
      const shown = redacted(text, [])
      expect(shown.length).toBeLessThanOrEqual(200)
      expect(shown.isWellFormed()).toBe(true)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
      expect(shown).not.toMatch(/[\u0000-\u001f\u202e]/)
    }),
  )
})

it('ignores a secret that is not set', () => {
  expect(redacted('abc', [''])).toBe('abc')
})

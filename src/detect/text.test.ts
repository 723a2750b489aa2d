import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shownText, TEXT_MAX_LENGTH } from './text.ts'

describe('shownText', () => {
  it('leaves ordinary text as it is', () => {
    expect(shownText('Cron on høst-1: 日本語 👩‍💻')).toBe('Cron on høst-1: 日本語 👩‍💻')
  })

  it.each([
    ['annual\u202efdp.exe', 'annual\\u202efdp.exe'],
    ['a\u2066b\u2069c\u200fd', 'a\\u2066b\\u2069c\\u200fd'],
    ['two\nlines\r\n\tthree', 'two\\nlines\\r\\n\\tthree'],
    ['bell\u0007 \u001b[31mred', 'bell\\u0007 \\u001b[31mred'],
    ['nul\u0000 csi\u009b', 'nul\\u0000 csi\\u009b'],
    ['hidden\u{e0041}', 'hidden\\u{e0041}'],
    ['half \ud83d pair', 'half \ufffd pair'],
  ])('shows what is unseen: %j', (text, shown) => {
    expect(shownText(text)).toBe(shown)
  })

  it('cuts at the limit and says so within it', () => {
    expect(shownText('a'.repeat(1000))).toBe('a'.repeat(1000))
    expect(shownText('a'.repeat(1001))).toBe(`${'a'.repeat(985)}... (truncated)`)
  })

  it('does not part a surrogate pair', () => {
    expect(shownText(`${'a'.repeat(984)}${'😀'.repeat(100)}`)).toBe(`${'a'.repeat(984)}... (truncated)`)
  })

  it('answers short, well-formed text without unseen characters, whatever it is given', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary', minLength: 900, maxLength: 3000 }),
    )
    const anything = fc
      .tuple(text, fc.constantFrom('', '\ud800', '\u202e', '\udc00'))
      .map(([a, b]) => b + a + b)
    fc.assert(
      fc.property(anything, input => {
        const shown = shownText(input)
        expect(shown.length).toBeLessThanOrEqual(TEXT_MAX_LENGTH)
        expect(shown.isWellFormed()).toBe(true)
        expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
        expect(shownText(shown)).toBe(shown)
      }),
    )
  })
})

import { expect, it } from 'vitest'
import { presentsToken } from './token.ts'

const TOKEN = 'a-token-of-some-length-0123456789'

it.each([
  [`Bearer ${TOKEN}`, true],
  [`bearer   ${TOKEN}`, true],
  [`Bearer ${TOKEN} `, false],
  [`Bearer ${TOKEN.toUpperCase()}`, false],
  [`Bearer ${TOKEN}${TOKEN}`, false],
  [`Bearer ${'x'.repeat(100_000)}`, false],
  [`Bearer\t${TOKEN}`, false],
  [TOKEN, false],
  ['Bearer', false],
  ['', false],
  [undefined, false],
])('%s: %s', (header, presents) => {
  expect(presentsToken(header, TOKEN)).toBe(presents)
})

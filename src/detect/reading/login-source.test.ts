import { describe, expect, it } from 'vitest'
import { isFromOtherHost, isWithinSession } from './login-source.ts'

describe('isFromOtherHost', () => {
  it.each(['192.0.2.7', '2001:db8::7', 'gw.example.com', '10.0.0.1', '127.example.com'])('%s', host => {
    expect(isFromOtherHost(host)).toBe(true)
  })

  it.each([
    '',
    ':0',
    ':pts/0:S.0',
    'tmux(12).%0',
    'screen',
    'unix:0',
    'localhost',
    'localhost.localdomain',
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    '::ffff:127.0.0.1',
    '0.0.0.0',
  ])('not %j', host => {
    expect(isFromOtherHost(host)).toBe(false)
  })
})

it('takes displays and panes as part of a session, the console not', () => {
  expect(['', ':0', 'tmux(12).%0', 'screen', '127.0.0.1'].map(isWithinSession)).toEqual([
    false,
    true,
    true,
    true,
    false,
  ])
})

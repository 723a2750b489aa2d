import { describe, expect, it } from 'vitest'
import { exception } from '../../src/detect/exception.ts'
import { exceptionJson, exceptionsText, expiredText } from './exceptions.ts'

const held = exception({
  rule: 'posix.ssh-login',
  tag: 'bastion',
  columns: { host: '192.0.2.*' },
  reason: 'Monitoring.',
  expires: '2026-11-25',
  author: 'ada@example.com',
})
const over = exception({
  rule: 'posix.ssh-login',
  host: 'build-*',
  reason: 'A build.',
  expires: '2026-11-23',
})
const NOW = Date.UTC(2026, 10, 24)

describe('exceptions in the list of rules', () => {
  it('say where and until when they hold, or that they no longer do', () => {
    const lines = exceptionsText([held, over], NOW).split('\n')
    expect(lines.find(line => line.includes('Monitoring'))).toMatch(
      /posix\.ssh-login +tag bastion, host = 192\.0\.2\.\* +2026-11-25 +ada@example\.com +Monitoring\./,
    )
    expect(lines.find(line => line.includes('A build'))).toMatch(
      /host build-\* +EXPIRED 2026-11-23 +A build\./,
    )
  })

  it('are not there when there are none', () => {
    expect(exceptionsText([], NOW)).toBe('')
    expect(expiredText([held], NOW)).toBe('')
  })

  it('that expired are told to who runs the tests', () => {
    expect(expiredText([held, over], NOW)).toBe(
      '! the exception from posix.ssh-login for host build-* expired after 2026-11-23 (A build.): renew it or take it out\n',
    )
  })

  it('are JSON with everything in it', () => {
    expect(exceptionJson(over, NOW)).toEqual({
      kind: 'exception',
      rule: 'posix.ssh-login',
      host: 'build-*',
      tag: null,
      columns: {},
      reason: 'A build.',
      expires: '2026-11-23',
      author: '',
      expired: true,
    })
  })
})

import { describe, expect, it } from 'vitest'
import { readOptions } from './options.ts'

describe('the demo’s arguments', () => {
  it('have defaults that run until Ctrl-C', () => {
    expect(readOptions([])).toEqual({
      kind: 'run',
      options: { hosts: 10, seconds: null, port: 8787, json: false, kill: false, rule: null },
    })
  })

  it('are taken as given', () => {
    const args = [
      '--hosts',
      '20',
      '--seconds',
      '60',
      '--port',
      '9000',
      '--json',
      '--kill',
      '--rule',
      'posix.x',
    ]
    expect(readOptions(args)).toEqual({
      kind: 'run',
      options: { hosts: 20, seconds: 60, port: 9000, json: true, kill: true, rule: 'posix.x' },
    })
    expect(readOptions(['--help'])).toEqual({ kind: 'help' })
  })

  it.each([
    [['--hosts', '3'], '--hosts'],
    [['--hosts', '1e3'], '--hosts'],
    [['--seconds', '10'], '--seconds'],
    [['--port', '70000'], '--port'],
    [['--kill'], '--kill'],
    [['--what'], '--what'],
    [['stray'], 'stray'],
  ])('are refused with the reason when they are %j', (args, named) => {
    expect(readOptions(args)).toEqual({ kind: 'wrong', reason: expect.stringContaining(named) })
  })
})

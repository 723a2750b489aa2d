import { isHiddenPath, isUserHome, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.suid-in-writable-folder',
  title: 'A program that runs as its owner lies where no package puts one',
  severity: 'high',
  on: table('suid_bin'),
  attack: ['T1548.001'],
  detect: ({ columns }) =>
    isWorldWritablePlace(columns.path) || isUserHome(columns.path) || isHiddenPath(columns.path),
  // Of one's own making and for oneself: it gives nothing that its owner has not.
  exclude: ({ columns }) =>
    isUserHome(columns.path) && columns.username !== '' && columns.username !== 'root',
  alertTitle: ({ host, columns }) => `${columns.path} on ${host} runs as ${columns.username || 'its owner'}`,
  context: ({ columns }) => ({
    path: columns.path,
    owner: columns.username,
    group: columns.groupname,
    permissions: columns.permissions,
  }),
  means:
    'Whoever starts this program has the rights of its owner. Packages put such programs into /usr/bin and the like; in /tmp, /dev/shm or a home it is a way back to root that somebody left, or an exploit that has just worked.',
  check:
    "SELECT path, uid, gid, mode, size, mtime, ctime, sha256 FROM file JOIN hash USING (path) WHERE path LIKE '/tmp/%%' AND (mode LIKE '4%' OR mode LIKE '6%');",
  benign:
    'A root file system that is being unpacked or built there (debootstrap, buildroot, a container export), whose su and mount have the bit.',
  runbook:
    'Copy the file with its times, hash it, and take the bit off (chmod ug-s). Who is its owner, who wrote the folder at that time (shell_history, last)? If the owner is root and nobody built a system image there, somebody was root: isolate the host.',
  references: ['https://attack.mitre.org/techniques/T1548/001/'],
  tests: [
    {
      name: 'in /tmp',
      match: true,
      columns: { path: '/tmp/.x/sh', username: 'root', groupname: 'root', permissions: 'S' },
      title: '/tmp/.x/sh on test-host runs as root',
      dedup: 'test-host-id',
      severity: 'high',
      context: { path: '/tmp/.x/sh', owner: 'root', group: 'root', permissions: 'S' },
    },
    { name: 'in memory', match: true, columns: { path: '/dev/shm/a', username: 'root' } },
    {
      name: 'there before anyone looked',
      match: true,
      counter: '0',
      columns: { path: '/var/tmp/a', username: 'root' },
    },
    { name: 'root’s in a home', match: true, columns: { path: '/home/ada/a', username: 'root' } },
    { name: 'another user’s in /tmp', match: true, columns: { path: '/tmp/a', username: 'ada' } },
    { name: 'hidden among programs', match: true, columns: { path: '/usr/bin/.x', username: 'root' } },
    { name: 'owner not selected', match: true, columns: { path: '/home/ada/a' } },
    { name: 'one’s own in one’s home', match: false, columns: { path: '/home/ada/a', username: 'ada' } },
    { name: 'sudo', match: false, columns: { path: '/usr/bin/sudo', username: 'root', permissions: 'S' } },
    { name: 'local software', match: false, columns: { path: '/usr/local/bin/tool', username: 'root' } },
    { name: 'no path', match: false, columns: { username: 'root' } },
    { name: 'it is gone', match: false, action: 'removed', columns: { path: '/tmp/a', username: 'root' } },
  ],
})

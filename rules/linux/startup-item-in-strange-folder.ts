import { loadedFiles } from '../../src/detect/reading/loads.ts'
import { isHiddenPath, isUnder, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.startup-item-in-strange-folder',
  title: 'What starts by itself lies in a folder that is no place for it',
  severity: 'high',
  on: table('startup_items'),
  attack: ['T1547.013', 'T1037.004'],
  detect: ({ columns }) => strangeFile(columns.path) !== undefined,
  alertTitle: ({ host, columns }) => `${host} starts ${strangeFile(columns.path) ?? 'a program'} by itself`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  context: ({ columns }) => ({
    name: columns.name,
    path: columns.path,
    type: columns.type,
    source: columns.source,
    user: columns.username,
  }),
  means:
    'A program in /tmp, /dev/shm or a hidden folder of the system starts with the host or with somebody’s session. No installer puts one there; who wrote it wanted to be back after the next start and not be found.',
  check: 'SELECT name, path, type, source, status, username FROM startup_items;',
  benign: 'Portable programs (AppImage) that somebody started out of /tmp and told to start by themselves.',
  runbook:
    'Copy the program and the item that names it with their times. Whose item is it, and does that person know of it? If not, take it out, isolate the host, and see in shell_history and last what happened when the item was written.',
  references: [
    'https://attack.mitre.org/techniques/T1547/013/',
    'https://attack.mitre.org/techniques/T1037/004/',
  ],
  tests: [
    {
      name: 'of a session',
      match: true,
      columns: {
        name: 'Update',
        path: 'sh /dev/shm/.u/run.sh',
        type: 'Startup Item',
        source: '/home/ada/.config/autostart/',
        username: 'ada',
      },
      title: 'test-host starts /dev/shm/.u/run.sh by itself',
      dedup: 'test-host-id sh /dev/shm/.u/run.sh',
      severity: 'high',
      context: {
        name: 'Update',
        path: 'sh /dev/shm/.u/run.sh',
        type: 'Startup Item',
        source: '/home/ada/.config/autostart/',
        user: 'ada',
      },
    },
    {
      name: 'a unit, there before anyone looked',
      match: true,
      counter: '0',
      columns: { name: 'a.service', path: '/tmp/a.service', type: 'systemd unit' },
    },
    { name: 'hidden among libraries', match: true, columns: { path: '/usr/lib/.x/run --daemon' } },
    {
      name: 'hidden among the scripts of the system',
      match: true,
      columns: { path: '/etc/init.d/.x', source: '/etc/init.d/' },
    },
    { name: 'of a package', match: false, columns: { path: '/usr/bin/gnome-keyring-daemon --start' } },
    { name: 'an init script', match: false, columns: { path: '/etc/init.d/cron', source: '/etc/init.d/' } },
    { name: 'a program of a person', match: false, columns: { path: '/home/ada/.local/bin/app --hidden' } },
    {
      name: 'a program that only writes there',
      match: false,
      columns: { path: '/usr/bin/app --log /tmp/app.log' },
    },
    { name: 'nothing', match: false, columns: { name: 'x' } },
    { name: 'it is gone', match: false, action: 'removed', columns: { path: '/tmp/a' } },
  ],
})

/** The file that it runs from a strange folder: the path alone, or what a command line loads. */
function strangeFile(path: string): string | undefined {
  const [first = ''] = path.split(' ', 1)
  return [first, ...loadedFiles(path)].find(
    file =>
      isWorldWritablePlace(file) ||
      (isHiddenPath(file) && isUnder(file, '/usr', '/etc', '/var', '/opt', '/lib', '/dev')),
  )
}

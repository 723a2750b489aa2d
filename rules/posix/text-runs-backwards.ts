import { logType, rule } from '../../src/detect/rule.ts'
import type { LooseColumns } from '../../src/detect/selector.ts'

/**
 * RIGHT-TO-LEFT OVERRIDE, as a character, and as osquery before 5.22 writes its bytes. Marks that languages written from
 * right to left need (U+200F, U+202B, U+2067) are others.
 */
const OVERRIDE = /\u202e|\\x[eE]2\\x80\\x[aA][eE]/

/** Columns that hold names, paths and commands; what is said of a thing (descriptions) may be in any language. */
const COLUMNS = [
  'command',
  'cmdline',
  'path',
  'target_path',
  'name',
  'program',
  'program_arguments',
  'args',
  'action',
  'filename',
] as const

export default rule({
  id: 'posix.text-runs-backwards',
  title: 'A name or command is written to be read wrongly',
  severity: 'high',
  // Whatever the query is: fleets name and join these tables in ways that do not tell which one it was.
  on: logType('Osquery.Differential', 'Osquery.Batch'),
  actions: ['added'],
  attack: ['T1036.002'],
  detect: ({ columns }) => deceptive(columns) !== undefined,
  alertTitle: ({ host, columns }) => `On ${host} a text reads backwards: ${deceptive(columns) ?? ''}`,
  context: ({ columns, table: from }) => ({ table: from, text: deceptive(columns)?.slice(0, 2000) ?? '' }),
  means:
    'An invisible mark turns the direction of reading, so that “gpj.exe” behind it is shown as “exe.jpg”: what looks like a picture or a harmless command is something else. Nobody types this mark by accident.',
  check:
    "SELECT pid, name, path, cmdline FROM processes WHERE path LIKE '%' || char(8238) || '%' OR cmdline LIKE '%' || char(8238) || '%';",
  benign: 'Texts of right-to-left languages use other marks. Somebody who shows the trick to others.',
  runbook:
    'Alerts show the mark as \\u202e: read what stands behind it from right to left. If it is a program: keep it, find where it came from (mail, download, archive), who else got it, and whether it ran. If it is a command: treat the account that ran it as taken over.',
  references: ['https://attack.mitre.org/techniques/T1036/002/', 'https://www.unicode.org/reports/tr36/'],
  tests: [
    {
      name: 'in a command',
      match: true,
      table: 'shell_history',
      columns: { command: 'open photo_\u202egpj.exe' },
      title: 'On test-host a text reads backwards: open photo_\\u202egpj.exe',
      dedup: 'test-host-id',
      severity: 'high',
      context: { table: 'shell_history', text: 'open photo_\u202egpj.exe' },
    },
    {
      name: 'in the name of a file, as older agents write it',
      match: true,
      table: 'file_events',
      columns: { target_path: '/home/ada/Downloads/cv_\\xE2\\x80\\xAEfdp.desktop' },
    },
    {
      name: 'in the command of a program',
      match: true,
      table: 'process_events',
      columns: { path: '/bin/sh', cmdline: 'sh \u202ehs.a' },
    },
    {
      name: 'in the name of an application',
      match: true,
      table: 'apps',
      columns: { name: 'ppa.\u202efdp', path: '/Applications/x.app' },
    },
    {
      name: 'of a query that nobody knows',
      match: true,
      query: '...',
      table: '',
      columns: { command: '“evil \u202e”dcod.exe', username: 'ada' },
    },
    {
      name: 'a description, in whatever language',
      match: false,
      table: 'chrome_extensions',
      columns: { description: '\u202eabc', name: 'x' },
    },
    {
      name: 'a language that is written from right to left',
      match: false,
      table: 'file_events',
      columns: { target_path: '/home/ada/\u202bשלום\u202c.txt' },
    },
    { name: 'an ordinary command', match: false, table: 'shell_history', columns: { command: 'ls -l' } },
    {
      name: 'other bytes of an older agent',
      match: false,
      table: 'file_events',
      columns: { target_path: '/home/ada/caf\\xC3\\xA9.txt' },
    },
    {
      name: 'it is gone',
      match: false,
      table: 'crontab',
      action: 'removed',
      columns: { command: '/tmp/\u202ea' },
    },
  ],
})

function deceptive(columns: LooseColumns): string | undefined {
  for (const column of COLUMNS) {
    const value = columns[column]
    if (value === undefined || !(value.includes('\u202e') || value.includes('\\x'))) continue
    if (OVERRIDE.test(value)) return value
  }
  return undefined
}

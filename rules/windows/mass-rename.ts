import { windowsExtension } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Endings that programs put behind a name while they save, fetch or keep an old copy. */
const PASSING = new Set([
  'bak',
  'backup',
  'old',
  'orig',
  'tmp',
  'temp',
  'part',
  'partial',
  'crdownload',
  'download',
  'filepart',
  'opdownload',
  'gz',
  'zip',
  'bz2',
  'xz',
  'zst',
  'lock',
  'new',
  'swp',
  'log',
  'deleted',
  'del',
  'processed',
  'done',
  'sync',
  'rbf',
  'pf',
])

export default rule({
  id: 'windows.mass-rename',
  title: 'Many files get the same new ending',
  severity: 'critical',
  on: table('ntfs_journal_events'),
  attack: ['T1486'],
  means:
    'Within a quarter of an hour a hundred files were renamed by putting one and the same ending behind their names. That is how ransomware marks what it has encrypted.',
  check:
    'SELECT pid, name, path, cmdline, disk_bytes_written FROM processes ORDER BY disk_bytes_written DESC LIMIT 10;',
  benign:
    'Build farms and jobs that mark files as done; endings that programs use for a while are left out. A logrotate for Windows.',
  runbook:
    'Isolate the host at once, do not turn it off: keys may be in memory. Find the process that writes (check) and stop it. Which shares had it open? Close them. Then look for the same ending on other hosts.',
  references: ['https://attack.mitre.org/techniques/T1486/'],
  threshold: 100,
  dedupPeriod: '15m',
  detect: ({ columns }) => columns.action === 'FileRename_NewName' && addedEnding(columns) !== null,
  unique: ({ columns }) => columns.path.toLowerCase(),
  dedup: ({ hostId, columns }) => `${hostId} ${addedEnding(columns)}`,
  alertTitle: ({ host, columns }) => `Many files on ${host} renamed to .${addedEnding(columns)}`,
  context: ({ columns }) => ({ from: columns.old_path, to: columns.path, category: columns.category }),
  tests: [
    {
      name: 'an ending behind the name',
      match: true,
      columns: renamed('C:\\Users\\ada\\Documents\\plan.docx', 'C:\\Users\\ada\\Documents\\plan.docx.Locked'),
      title: 'Many files on test-host renamed to .locked',
      dedup: 'test-host-id locked',
      unique: 'c:\\users\\ada\\documents\\plan.docx.locked',
      severity: 'critical',
    },
    { name: 'only the names are told', match: true, columns: renamed('plan.docx', 'plan.docx.x7k2p') },
    {
      name: 'with the address of the attacker in the ending',
      match: true,
      columns: renamed('C:\\a.xlsx', 'C:\\a.xlsx.[help@example.com].qwx'),
      dedup: 'test-host-id qwx',
    },
    { name: 'a copy kept', match: false, columns: renamed('C:\\a.xlsx', 'C:\\a.xlsx.bak') },
    { name: 'a number', match: false, columns: renamed('C:\\app.log', 'C:\\app.log.12') },
    { name: 'a download that is done', match: false, columns: renamed('C:\\a.zip.crdownload', 'C:\\a.zip') },
    { name: 'another name', match: false, columns: renamed('C:\\a.txt', 'C:\\b.txt') },
    { name: 'another folder', match: false, columns: renamed('C:\\x\\a.txt', 'C:\\y\\a.txt') },
    { name: 'a file without ending', match: false, columns: renamed('C:\\a', 'C:\\a.txt') },
    { name: 'no old name', match: false, columns: renamed('', 'C:\\a.txt.locked') },
    {
      name: 'a file written',
      match: false,
      columns: { ...renamed('C:\\a.txt', 'C:\\a.txt.locked'), action: 'FileWrite' },
    },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: renamed('C:\\a.txt', 'C:\\a.txt.locked'),
    },
  ],
})

/** The ending that was put behind a whole name that had one before, in lower case; null when it was renamed otherwise. */
function addedEnding({
  old_path,
  path,
}: {
  readonly old_path: string
  readonly path: string
}): string | null {
  if (windowsExtension(old_path) === '' || !path.startsWith(`${old_path}.`)) return null
  const ending = windowsExtension(path)
  return ending === '' || PASSING.has(ending) || /^\d+$/.test(ending) ? null : ending
}

function renamed(old_path: string, path: string) {
  return { action: 'FileRename_NewName', old_path, path, category: 'documents' }
}

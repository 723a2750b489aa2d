import { isUnderWindows, meantWindowsPath, windowsBaseName } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Processes of Windows, which run from System32 and nowhere else, and those that have a twin for 32-bit programs. */
const ONLY_SYSTEM32 = new Set([
  'conhost.exe',
  'csrss.exe',
  'dwm.exe',
  'fontdrvhost.exe',
  'lsaiso.exe',
  'lsass.exe',
  'services.exe',
  'sihost.exe',
  'smss.exe',
  'spoolsv.exe',
  'taskhostw.exe',
  'wininit.exe',
  'winlogon.exe',
  'wudfhost.exe',
])
const WITH_TWIN = new Set(['dllhost.exe', 'rundll32.exe', 'svchost.exe', 'userinit.exe', 'werfault.exe'])

const SYSTEM32 = ['\\Windows\\System32', '%SystemRoot%\\System32'] as const
const TWINS = [
  '\\Windows\\SysWOW64',
  '\\Windows\\SysArm32',
  '\\Windows\\SyChpe32',
  '%SystemRoot%\\SysWOW64',
] as const

/** Copies of Windows: of its own stores, of an upgrade, of containers and sandboxes. */
const COPIES = [
  '\\Windows\\WinSxS',
  '\\Windows\\servicing',
  '\\Windows\\SoftwareDistribution',
  '\\Windows\\Containers',
  '\\Windows.old',
  '\\$WINDOWS.~BT',
  '\\ProgramData\\docker\\windowsfilter',
  '\\ProgramData\\containerd',
  '\\ProgramData\\Microsoft\\Windows\\Containers',
] as const

export default rule({
  id: 'windows.system-process-wrong-path',
  title: 'Program that calls itself like a process of Windows',
  severity: 'high',
  on: table('processes', 'process_etw_events'),
  attack: ['T1036.005'],
  means:
    'A program is called like a process of Windows (svchost.exe, lsass.exe) but runs from another folder. Malware takes such a name so that nobody looks twice.',
  check:
    "SELECT pid, parent, name, path, cmdline, start_time FROM processes WHERE name IN ('svchost.exe', 'lsass.exe', 'conhost.exe', 'dllhost.exe');",
  benign:
    'Sandboxes, containers and programs that bring a whole Windows along; those of Windows itself and of Docker are left out. Git and Cygwin bring programs of such names rarely.',
  runbook:
    'Hash the program, look it up and see who signed it. Unknown: isolate the host, keep the file and the memory of the process, and look for what started it and what starts it at every boot.',
  references: ['https://attack.mitre.org/techniques/T1036/005/'],
  detect: ({ columns }) => isImpostor(columns.path),
  exclude: ({ columns }) => isUnderWindows(columns.path, ...COPIES) || columns.type === 'ProcessStop',
  alertTitle: ({ host, columns }) => `${windowsBaseName(columns.path)} on ${host} runs from ${columns.path}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path.toLowerCase()}`,
  context: ({ columns }) => ({
    path: columns.path,
    command: columns.cmdline,
    pid: columns.pid,
    parent: columns.parent ?? columns.ppid ?? '',
  }),
  tests: [
    {
      name: 'out of a folder of everyone',
      match: true,
      columns: {
        name: 'svchost.exe',
        path: 'C:\\Users\\Public\\svchost.exe',
        cmdline: 'svchost.exe -k',
        pid: '4242',
        parent: '4000',
      },
      title: 'svchost.exe on test-host runs from C:\\Users\\Public\\svchost.exe',
      dedup: 'test-host-id c:\\users\\public\\svchost.exe',
      severity: 'high',
    },
    { name: 'one that has no twin', match: true, columns: { path: 'C:\\Windows\\SysWOW64\\lsass.exe' } },
    { name: 'right beside the right folder', match: true, columns: { path: 'C:\\Windows\\conhost.exe' } },
    {
      name: 'as it starts',
      match: true,
      table: 'process_etw_events',
      columns: { type: 'ProcessStart', path: 'C:\\ProgramData\\csrss.exe', ppid: '1' },
    },
    { name: 'of Windows', match: false, columns: { path: 'C:\\Windows\\System32\\svchost.exe' } },
    {
      name: 'of Windows, as its kernel writes it',
      match: false,
      columns: { path: '\\SystemRoot\\System32\\smss.exe' },
    },
    {
      name: 'on a volume without letter',
      match: false,
      columns: { path: '\\Device\\HarddiskVolume3\\Windows\\System32\\csrss.exe' },
    },
    { name: 'the twin', match: false, columns: { path: 'C:\\WINDOWS\\SysWOW64\\dllhost.exe' } },
    {
      name: 'an update',
      match: false,
      columns: {
        path: 'C:\\Windows\\WinSxS\\amd64_microsoft-windows-services-svchost_31bf3856ad364e35_10.0.19041.1_none_x\\svchost.exe',
      },
    },
    {
      name: 'a container',
      match: false,
      columns: { path: 'C:\\ProgramData\\docker\\windowsfilter\\abc\\Files\\Windows\\System32\\svchost.exe' },
    },
    { name: 'another program', match: false, columns: { path: 'C:\\Users\\ada\\a.exe' } },
    { name: 'a path that Windows did not tell', match: false, columns: { name: 'csrss.exe', path: '' } },
    { name: 'a name alone', match: false, columns: { name: 'svchost.exe', path: 'svchost.exe' } },
    {
      name: 'no longer running',
      match: false,
      action: 'removed',
      columns: { path: 'C:\\Users\\Public\\svchost.exe' },
    },
  ],
})

function isImpostor(path: string): boolean {
  // Rows of `processes` come from hosts of every kind, and reading a path as Windows does is dear.
  if (!/\.exe/i.test(path)) return false
  const name = windowsBaseName(path)
  const folders = ONLY_SYSTEM32.has(name) ? SYSTEM32 : WITH_TWIN.has(name) ? [...SYSTEM32, ...TWINS] : null
  // A name without folder says nothing.
  return folders !== null && meantWindowsPath(path).includes('\\') && !isUnderWindows(path, ...folders)
}

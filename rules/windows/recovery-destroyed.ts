import { plainPowerShell } from '../../src/detect/reading/powershell-code.ts'
import { type WindowsCommand, windowsCommandsOf } from '../../src/detect/reading/windows-command.ts'
import { rule, table } from '../../src/detect/rule.ts'
import type { Severity } from '../../src/detect/severity.ts'

interface Destruction {
  readonly what: string
  readonly severity: Severity
}

export default rule({
  id: 'windows.recovery-destroyed',
  title: 'Ways to recover Windows destroyed',
  severity: 'critical',
  on: table('process_etw_events', 'processes'),
  attack: ['T1490'],
  means:
    'Shadow copies, backups or the repair of Windows were taken away by a command. Ransomware does that minutes before it encrypts, or as it does.',
  check:
    "SELECT pid, parent, name, path, cmdline, start_time FROM processes WHERE name IN ('vssadmin.exe', 'wmic.exe', 'wbadmin.exe', 'bcdedit.exe', 'powershell.exe');",
  benign:
    'Backup tools remove single or old copies (by id, the oldest, all but some): told as medium. A scrubbed test machine.',
  runbook:
    'Isolate the host now, and what shares its files. Who ran it: the parent process and the user? If files are being renamed (windows.mass-rename) pull the plug of the network, not of the power. Then see that the backups elsewhere are out of reach.',
  references: ['https://attack.mitre.org/techniques/T1490/'],
  detect: ({ columns }) => destruction(columns.cmdline) !== null,
  dynamicSeverity: ({ columns }) => destruction(columns.cmdline)?.severity,
  alertTitle: ({ host, columns }) => `${destruction(columns.cmdline)?.what} on ${host}: ${columns.cmdline}`,
  context: ({ columns }) => ({
    command: columns.cmdline,
    program: columns.path,
    pid: columns.pid,
    parent: columns.ppid ?? columns.parent ?? '',
    user: columns.username ?? '',
  }),
  tests: [
    {
      name: 'all shadow copies',
      match: true,
      columns: started('vssadmin.exe Delete Shadows /All /Quiet'),
      title: 'Shadow copies deleted on test-host: vssadmin.exe Delete Shadows /All /Quiet',
      dedup: 'test-host-id',
      severity: 'critical',
      context: {
        command: 'vssadmin.exe Delete Shadows /All /Quiet',
        program: 'C:\\Windows\\System32\\vssadmin.exe',
        pid: '4242',
        parent: '4000',
        user: 'EXAMPLE\\ada',
      },
    },
    {
      name: 'by way of a shell',
      match: true,
      columns: started('cmd.exe /c "wmic shadowcopy delete & bcdedit /set {default} recoveryenabled No"'),
      severity: 'critical',
    },
    {
      name: 'no room for them',
      match: true,
      columns: started('vssadmin resize shadowstorage /for=c: /on=c: /maxsize=401MB'),
      severity: 'high',
    },
    {
      name: 'the catalogue of backups',
      match: true,
      columns: started('wbadmin delete catalog -quiet'),
      severity: 'critical',
    },
    {
      name: 'all backups of the system',
      match: true,
      columns: started('wbadmin DELETE SYSTEMSTATEBACKUP -keepVersions:0'),
      severity: 'critical',
    },
    {
      name: 'no repair',
      match: true,
      columns: started('bcdedit /set {default} recoveryenabled No'),
      severity: 'high',
    },
    {
      name: 'no repair after a failed start',
      match: true,
      columns: started('bcdedit.exe /set {current} bootstatuspolicy ignoreallfailures'),
      severity: 'high',
    },
    {
      name: 'by PowerShell',
      match: true,
      table: 'processes',
      columns: {
        pid: '1',
        path: 'C:\\x\\powershell.exe',
        cmdline: 'powershell -c "Get-WmiObject Win32_Shadowcopy | ForEach-Object {$_.Delete();}"',
      },
      severity: 'critical',
    },
    {
      name: 'a single copy, as backup tools do',
      match: true,
      columns: started('vssadmin delete shadows /shadow={3808876b-c176-4e48-b7ae-04046e6cc752} /quiet'),
      severity: 'medium',
    },
    {
      name: 'old backups',
      match: true,
      columns: started('wbadmin delete backup -keepVersions:5'),
      severity: 'medium',
    },
    { name: 'a look at them', match: false, columns: started('vssadmin list shadows') },
    { name: 'a new one', match: false, columns: started('wmic shadowcopy call create Volume=C:\\') },
    {
      name: 'repair turned on',
      match: false,
      columns: started('bcdedit /set {default} recoveryenabled Yes'),
    },
    {
      name: 'only spoken of',
      match: false,
      columns: started('findstr /c:"vssadmin delete shadows" notes.txt'),
    },
    {
      name: 'the end of a process',
      match: false,
      columns: { ...started('vssadmin delete shadows /all'), type: 'ProcessStop' },
    },
    { name: 'no command line', match: false, columns: { pid: '4' } },
    {
      name: 'no longer running',
      match: false,
      action: 'removed',
      table: 'processes',
      columns: { cmdline: 'vssadmin delete shadows /all' },
    },
  ],
  exclude: ({ columns }) => columns.type === 'ProcessStop',
})

/** Command lines are cut at 32,767 characters by Windows; none of these is long. */
const LINE_MAX = 8192

function destruction(cmdline: string): Destruction | null {
  if (!/shadow|wbadmin|bcdedit/i.test(cmdline)) return null
  const found = windowsCommandsOf(cmdline.slice(0, LINE_MAX)).flatMap(command => destructionBy(command) ?? [])
  return found.find(({ severity }) => severity === 'critical') ?? found[0] ?? null
}

function destructionBy({ program, args }: WindowsCommand): Destruction | null {
  const words = args.map(word => word.toLowerCase())
  const has = (...wanted: readonly string[]) => wanted.every(word => words.includes(word))
  switch (program) {
    case 'vssadmin':
      if (has('delete', 'shadows')) return shadows(!words.some(word => /^\/(?:shadow=|oldest)/.test(word)))
      return has('resize', 'shadowstorage')
        ? { what: 'Room for shadow copies taken away', severity: 'high' }
        : null
    case 'wmic':
      return has('shadowcopy', 'delete') ? shadows(!has('where')) : null
    case 'diskshadow':
      return has('delete', 'shadows') ? shadows(has('all')) : null
    case 'wbadmin':
      return backups(words)
    case 'bcdedit':
      return (has('recoveryenabled') && (has('no') || has('off'))) ||
        has('bootstatuspolicy', 'ignoreallfailures')
        ? { what: 'Repair of Windows turned off', severity: 'high' }
        : null
    case 'powershell':
    case 'pwsh': {
      const code = plainPowerShell(args.join(' '))
      return code.includes('win32_shadowcopy') && /\bdelete\(|remove-(?:wmiobject|ciminstance)/.test(code)
        ? shadows(true)
        : null
    }
    default:
      return null
  }
}

function shadows(all: boolean): Destruction {
  return all
    ? { what: 'Shadow copies deleted', severity: 'critical' }
    : { what: 'A shadow copy deleted', severity: 'medium' }
}

function backups(words: readonly string[]): Destruction | null {
  if (words[0] !== 'delete') return null
  if (words[1] === 'catalog') return { what: 'Catalogue of backups deleted', severity: 'critical' }
  const keeps = words.find(word => /^[-/]keepversions:/.test(word))
  const deletesAll =
    keeps === undefined ? words.some(word => /^[-/]deleteoldest/.test(word)) === false : /:0$/.test(keeps)
  return { what: 'Backups deleted', severity: deletesAll ? 'critical' : 'medium' }
}

function started(cmdline: string) {
  return {
    type: 'ProcessStart',
    pid: '4242',
    ppid: '4000',
    path: 'C:\\Windows\\System32\\vssadmin.exe',
    cmdline,
    username: 'EXAMPLE\\ada',
  }
}

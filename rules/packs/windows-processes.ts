import { pack } from '../../src/detect/pack.ts'

/** Programs that are there to show documents; what they start is worth a look. Kept in step with windows.document-starts-shell. */
const READERS =
  "'winword.exe', 'excel.exe', 'powerpnt.exe', 'outlook.exe', 'onenote.exe', 'onenotem.exe', 'mspub.exe', 'msaccess.exe', 'visio.exe', 'eqnedt32.exe', 'wordpad.exe', 'acrord32.exe', 'acrobat.exe'"

/** What trusted-tool-fetches and recovery-destroyed look at. */
const TRUSTED_TOOLS =
  "'vssadmin.exe', 'wbadmin.exe', 'wmic.exe', 'bcdedit.exe', 'diskshadow.exe', 'certutil.exe', 'mshta.exe', 'regsvr32.exe', 'rundll32.exe', 'bitsadmin.exe', 'msiexec.exe', 'powershell.exe', 'pwsh.exe', 'cmd.exe'"

/** What system-process-wrong-path looks at. */
const OF_WINDOWS =
  "'conhost.exe', 'csrss.exe', 'dllhost.exe', 'dwm.exe', 'fontdrvhost.exe', 'lsaiso.exe', 'lsass.exe', 'rundll32.exe', 'services.exe', 'sihost.exe', 'smss.exe', 'spoolsv.exe', 'svchost.exe', 'taskhostw.exe', 'userinit.exe', 'werfault.exe', 'wininit.exe', 'winlogon.exe', 'wudfhost.exe'"

const SYSTEM32 = 'C:\\Windows\\System32'
const TOOLS = ['sethc', 'utilman', 'osk', 'magnify', 'narrator', 'displayswitch', 'atbroker']
  .map(name => `'${SYSTEM32}\\${name}.exe'`)
  .join(', ')

/** What runs on Windows: as it starts where the agent can see that, and every few minutes what is there. */
export const windowsProcesses = pack({
  name: 'windows-processes',
  description: 'Processes of Windows, their parents and pipes',
  platform: 'windows',
  flags: { disable_events: false, enable_process_etw_events: true },
  queries: {
    process_etw_events: {
      // The parent is looked up now, so one that has ended since has no path.
      query:
        "SELECT e.type, e.pid, e.ppid, e.path, e.cmdline, e.username, e.mandatory_label, e.time, p.path AS parent_path, p.cmdline AS parent_cmdline FROM process_etw_events e LEFT JOIN processes p ON p.pid = e.ppid WHERE e.type = 'ProcessStart';",
      interval: 60,
      version: '5.9.0',
      removed: false,
      table: 'process_etw_events',
      description: 'Programs as they start. Needs --enable_process_etw_events',
    },
    watched_processes: {
      query: `SELECT pid, parent, name, path, cmdline, start_time FROM processes WHERE lower(name) IN (${TRUSTED_TOOLS}) OR (lower(name) IN (${OF_WINDOWS}) AND path <> '' AND path NOT LIKE 'C:\\Windows\\System32\\%' AND path NOT LIKE 'C:\\Windows\\SysWOW64\\%');`,
      interval: 300,
      removed: false,
      table: 'processes',
      description:
        'Tools that attackers use and programs with names of Windows, for agents that do not see them start',
    },
    document_children: {
      query: `SELECT c.pid, c.parent, c.name, c.path, c.cmdline, c.start_time, p.path AS parent_path, p.cmdline AS parent_cmdline FROM processes p JOIN processes c ON c.parent = p.pid WHERE lower(p.name) IN (${READERS});`,
      interval: 120,
      removed: false,
      table: 'processes',
      description: 'What documents start',
    },
    system_process_parents: {
      query:
        "SELECT c.pid, c.name, c.path, c.cmdline, c.parent, p.name AS parent_name, p.path AS parent_path, p.cmdline AS parent_cmdline FROM processes c JOIN processes p ON p.pid = c.parent WHERE lower(c.name) IN ('svchost.exe', 'services.exe', 'lsass.exe') AND lower(p.name) NOT IN ('services.exe', 'wininit.exe') AND p.start_time <= c.start_time;",
      interval: 600,
      removed: false,
      description: 'Processes of Windows whose parent is not the one that starts them',
    },
    accessibility_tools_replaced: {
      query: `SELECT path, sha256 FROM hash WHERE path IN (${TOOLS}) AND sha256 <> '' AND sha256 IN (SELECT sha256 FROM hash WHERE path IN ('${SYSTEM32}\\cmd.exe', '${SYSTEM32}\\WindowsPowerShell\\v1.0\\powershell.exe', 'C:\\Windows\\explorer.exe'));`,
      interval: 3600,
      removed: false,
      description: 'Tools of the logon screen that are a copy of a shell',
    },
    pipes: {
      query: 'SELECT pid, name FROM pipes;',
      interval: 300,
      removed: false,
      table: 'pipes',
      description: 'Named pipes, by which programs speak with each other',
    },
  },
})

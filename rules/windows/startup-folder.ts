import { isUnderWindows, windowsBaseName, windowsExtension } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

const STARTUP = '\\start menu\\programs\\startup'

const SCRIPTS = new Set(['bat', 'cmd', 'hta', 'js', 'jse', 'ps1', 'sct', 'vbe', 'vbs', 'wsf', 'wsh'])
const PROGRAMS = new Set(['com', 'exe', 'pif', 'scr'])

export default rule({
  id: 'windows.startup-folder',
  title: 'Script or program put into the Startup folder',
  severity: 'high',
  on: table('startup_items'),
  attack: ['T1547.001'],
  means:
    'What lies in the Startup folder runs when the user logs on. Installers put a shortcut there; a script or a program itself is what malware copies, for it needs no rights.',
  check: "SELECT name, path, source, username FROM startup_items WHERE source LIKE '%Startup%';",
  benign:
    'Scripts that people or old logon procedures put there. What was there when the host came is not told.',
  runbook:
    'Read the script, or hash the program and look it up. Ask the user. Unknown: isolate the host, keep the file, take it out, and look for what put it there (downloads, mail attachments of that hour).',
  references: ['https://attack.mitre.org/techniques/T1547/001/'],
  initial: 'ignore',
  detect: ({ columns }) => {
    const file = lying(columns)
    return SCRIPTS.has(windowsExtension(file)) || PROGRAMS.has(windowsExtension(file))
  },
  dynamicSeverity: ({ columns }) => (SCRIPTS.has(windowsExtension(lying(columns))) ? 'high' : 'medium'),
  alertTitle: ({ host, columns }) =>
    `${windowsBaseName(lying(columns))} in the Startup folder of ${columns.username || 'someone'} on ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${lying(columns).toLowerCase()}`,
  context: ({ columns }) => ({
    name: columns.name,
    path: columns.path,
    source: columns.source,
    user: columns.username,
  }),
  tests: [
    {
      name: 'a script',
      match: true,
      columns: item('invoice.vbs'),
      title: 'invoice.vbs in the Startup folder of ada on test-host',
      severity: 'high',
      dedup:
        'test-host-id c:\\users\\ada\\appdata\\roaming\\microsoft\\windows\\start menu\\programs\\startup\\invoice.vbs',
    },
    { name: 'a program', match: true, columns: item('svchost.exe'), severity: 'medium' },
    {
      name: 'by its name alone',
      match: true,
      columns: { ...item('a.bat'), path: '' },
    },
    { name: 'there when the host came', match: false, counter: '0', columns: item('invoice.vbs') },
    { name: 'a shortcut', match: false, columns: item('Send to OneNote.lnk') },
    { name: 'what Explorer keeps there', match: false, columns: item('desktop.ini') },
    {
      name: 'a Run key, a matter of its own',
      match: false,
      columns: {
        ...item('x'),
        path: 'C:\\Users\\ada\\a.vbs',
        source: 'HKEY_USERS\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Run',
      },
    },
    { name: 'taken out', match: false, action: 'removed', columns: item('invoice.vbs') },
  ],
})

/** The file that lies in a Startup folder, or the empty string when the row is about something else. */
function lying({
  name,
  path,
  source,
}: {
  readonly name: string
  readonly path: string
  readonly source: string
}): string {
  if (!source.toLowerCase().includes(STARTUP)) return ''
  return path !== '' && isUnderWindows(path, source) ? path : `${source}\\${name}`
}

function item(name: string) {
  const source = 'C:\\Users\\ada\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup'
  return {
    name,
    path: `${source}\\${name}`,
    source,
    type: 'Startup Item',
    status: 'enabled',
    username: 'ada',
  }
}

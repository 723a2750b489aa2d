import { rule, table } from '../../src/detect/rule.ts'
import { REMOTE_CONTROL_TOOLS } from '../data/remote-control-tools.ts'

const PROGRAMS = REMOTE_CONTROL_TOOLS.programs.map(name => name.toLowerCase())

export default rule({
  id: 'windows.remote-control-tool',
  title: 'New tool for remote control',
  severity: 'medium',
  on: table('programs'),
  attack: ['T1219'],
  means:
    'A program was installed by which somebody elsewhere can see and move this screen. Callers who pretend to be support talk people into it, and intruders use the same products to stay, because no scanner minds.',
  check:
    'SELECT name, version, publisher, install_date, install_location, install_source FROM programs ORDER BY install_date DESC LIMIT 20;',
  benign:
    'The support desk, or a user who helps the family. Put the fleet’s own tool on the list of exceptions.',
  initial: 'ignore',
  detect: ({ columns }) => isTool(columns.name),
  alertTitle: ({ host, columns }) => `New tool for remote control on ${host}: ${columns.name}`,
  // Versions differ, and often stand in the name.
  dedup: ({ hostId, columns }) => `${hostId} ${toolOf(columns.name) ?? ''}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    program: columns.name,
    publisher: columns.publisher,
    folder: columns.install_location,
    source: columns.install_source,
  }),
  runbook:
    'Call the user on a known number: did somebody ask them to install it? If so, take the computer off the network, end the session, and treat whatever was on the screen, bank and mail above all, as seen. If nobody knows of it, it is an intrusion.',
  references: ['https://attack.mitre.org/techniques/T1219/', 'https://lolrmm.io/'],
  tests: [
    {
      name: 'is installed',
      match: true,
      columns: {
        name: 'AnyDesk',
        publisher: 'AnyDesk Software GmbH',
        install_location: '"C:\\Program Files (x86)\\AnyDesk"',
        install_source: '',
      },
      title: 'New tool for remote control on test-host: AnyDesk',
      dedup: 'test-host-id anydesk',
      severity: 'medium',
      context: {
        program: 'AnyDesk',
        publisher: 'AnyDesk Software GmbH',
        folder: '"C:\\Program Files (x86)\\AnyDesk"',
        source: '',
      },
    },
    {
      name: 'with a number behind',
      match: true,
      columns: { name: 'ScreenConnect Client (0123456789abcdef)' },
      dedup: 'test-host-id screenconnect client',
    },
    { name: 'in another spelling', match: true, columns: { name: 'TEAMVIEWER 15 Host' } },
    { name: 'a name that only begins alike', match: false, columns: { name: 'SupremoControlPanelX' } },
    { name: 'another program', match: false, columns: { name: 'Microsoft Teams' } },
    {
      name: 'speaks of it further on',
      match: false,
      columns: { name: 'Meeting Add-in for Outlook (TeamViewer)' },
    },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { name: 'TeamViewer' },
    },
    { name: 'is gone', match: false, action: 'removed', columns: { name: 'TeamViewer' } },
  ],
})

/** The tool by whose name the name begins, as a whole word. */
function toolOf(name: string): string | undefined {
  const lower = name.toLowerCase()
  return PROGRAMS.find(tool => lower.startsWith(tool) && !/[a-z]/.test(lower.charAt(tool.length)))
}

function isTool(name: string): boolean {
  return toolOf(name) !== undefined
}

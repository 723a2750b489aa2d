import { rule, table } from '../../src/detect/rule.ts'
import { SYSTEM_EXTENSION_TEAMS } from '../data/system-extension-teams.ts'

const KNOWN: ReadonlySet<string> = new Set(Object.keys(SYSTEM_EXTENSION_TEAMS.teams))

export default rule({
  id: 'macos.system-extension',
  title: 'New system extension of an unknown developer',
  severity: 'medium',
  on: table('system_extensions'),
  attack: ['T1547.006', 'T1040'],
  means:
    'A system extension was approved that no device management asked for and that is of no developer on the list. Depending on its category it sees all network traffic, or every program that starts and every file that is opened, and may forbid them.',
  check:
    'SELECT identifier, version, team, category, state, mdm_managed, bundle_path, path FROM system_extensions;',
  benign: 'A VPN, firewall, virtual camera or audio program that the user installed.',
  initial: 'ignore',
  detect: ({ columns }) =>
    columns.state === 'activated_enabled' && columns.mdm_managed !== '1' && !KNOWN.has(columns.team),
  alertTitle: ({ host, columns }) =>
    `New system extension on ${host}: ${columns.identifier} (${columns.team || 'no team'})`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.identifier}`,
  context: ({ columns }) => ({
    identifier: columns.identifier,
    team: columns.team,
    category: columns.category,
  }),
  runbook:
    'Ask the user what they installed. Look the team up; if nobody knows it, remove the app that brought the extension (its folder is in bundle_path) and look at what else it installed. If the fleet uses it, add the team to the list.',
  references: [
    'https://attack.mitre.org/techniques/T1547/006/',
    'https://developer.apple.com/documentation/systemextensions',
  ],
  tests: [
    {
      name: 'of an unknown team',
      match: true,
      columns: {
        identifier: 'com.example.filter',
        team: 'ABCDE12345',
        category: 'com.apple.system_extension.network_extension',
        state: 'activated_enabled',
        mdm_managed: '0',
      },
      title: 'New system extension on test-host: com.example.filter (ABCDE12345)',
      dedup: 'test-host-id com.example.filter',
      severity: 'medium',
      context: {
        identifier: 'com.example.filter',
        team: 'ABCDE12345',
        category: 'com.apple.system_extension.network_extension',
      },
    },
    {
      name: 'without a team, while the system lets unsigned ones in',
      match: true,
      columns: { identifier: 'com.example.dev', team: '', state: 'activated_enabled' },
    },
    {
      name: 'a known name under another team',
      match: true,
      columns: { identifier: 'com.crowdstrike.falcon.Agent', team: 'ABCDE12345', state: 'activated_enabled' },
    },
    {
      name: 'a security product',
      match: false,
      columns: { identifier: 'com.crowdstrike.falcon.Agent', team: 'X9E956P446', state: 'activated_enabled' },
    },
    {
      name: 'the device management approved it',
      match: false,
      columns: {
        identifier: 'com.example.filter',
        team: 'ABCDE12345',
        state: 'activated_enabled',
        mdm_managed: '1',
      },
    },
    {
      name: 'waits for the user',
      match: false,
      columns: {
        identifier: 'com.example.filter',
        team: 'ABCDE12345',
        state: 'activated_waiting_for_user',
        mdm_managed: '0',
      },
    },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { identifier: 'com.example.filter', team: 'ABCDE12345', state: 'activated_enabled' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { identifier: 'com.example.filter', team: 'ABCDE12345', state: 'activated_enabled' },
    },
  ],
})

import { rule, table } from '../../src/detect/rule.ts'
import { REMOTE_CONTROL_TOOLS } from '../data/remote-control-tools.ts'

const BUNDLES: ReadonlySet<string> = new Set(REMOTE_CONTROL_TOOLS.bundles)

export default rule({
  id: 'macos.remote-control-tool',
  title: 'New tool for remote control',
  severity: 'medium',
  on: table('apps'),
  attack: ['T1219'],
  means:
    'An app came by which somebody elsewhere can see and move this screen. Callers who pretend to be support talk people into installing one, and intruders like them because no scanner minds.',
  check:
    'SELECT a.name, a.path, a.bundle_identifier, a.last_opened_time, s.authority, f.btime FROM apps a LEFT JOIN signature s ON s.path = a.path LEFT JOIN file f ON f.path = a.path ORDER BY f.btime DESC LIMIT 20;',
  benign:
    'The support desk, or a user who helps the family. Put the fleet’s own tool on the list of exceptions.',
  initial: 'ignore',
  detect: ({ columns }) => BUNDLES.has(columns.bundle_identifier.toLowerCase()),
  alertTitle: ({ host, columns }) =>
    `New tool for remote control on ${host}: ${columns.name || columns.bundle_identifier}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.bundle_identifier.toLowerCase()}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    app: columns.name,
    identifier: columns.bundle_identifier,
    path: columns.path,
  }),
  runbook:
    'Call the user on a known number: did somebody ask them to install it? If so, take the Mac off the network, end the session, and treat whatever was on the screen, bank and mail above all, as seen. If nobody knows of it, it is an intrusion.',
  references: ['https://attack.mitre.org/techniques/T1219/', 'https://lolrmm.io/'],
  tests: [
    {
      name: 'is installed',
      match: true,
      columns: {
        name: 'AnyDesk.app',
        bundle_identifier: 'com.philandro.anydesk',
        path: '/Users/ada/Downloads/AnyDesk.app',
      },
      title: 'New tool for remote control on test-host: AnyDesk.app',
      dedup: 'test-host-id com.philandro.anydesk',
      severity: 'medium',
      context: {
        app: 'AnyDesk.app',
        identifier: 'com.philandro.anydesk',
        path: '/Users/ada/Downloads/AnyDesk.app',
      },
    },
    {
      name: 'in another spelling, without a name',
      match: true,
      columns: { bundle_identifier: 'com.carriez.RustDesk' },
      title: 'New tool for remote control on test-host: com.carriez.RustDesk',
    },
    {
      name: 'a program that only looks at others',
      match: false,
      columns: { name: 'Windows App.app', bundle_identifier: 'com.microsoft.rdc.macos' },
    },
    {
      name: 'another app',
      match: false,
      columns: { name: 'AnyList.app', bundle_identifier: 'com.purplecover.anylist' },
    },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { bundle_identifier: 'com.philandro.anydesk' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { bundle_identifier: 'com.philandro.anydesk' },
    },
  ],
})

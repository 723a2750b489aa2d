import { rule, table } from '../../src/detect/rule.ts'
import { APPLE_AUTHORIZATION_PLUGINS } from '../data/authorization-plugins.ts'

const APPLE: ReadonlySet<string> = new Set(APPLE_AUTHORIZATION_PLUGINS.names)

export default rule({
  id: 'macos.authorization-plugin',
  title: 'Plugin takes part in logins',
  severity: 'high',
  on: table('authorization_mechanisms'),
  attack: ['T1556'],
  means:
    'A plugin that is not part of macOS runs whenever someone logs in or unlocks the Mac, often as root, and is given the password. Whoever put it there has a way back in and all passwords typed.',
  check:
    "SELECT m.label, m.plugin, m.mechanism, m.privileged, f.btime, s.authority, s.team_identifier FROM authorization_mechanisms m LEFT JOIN file f ON f.path = '/Library/Security/SecurityAgentPlugins/' || m.plugin || '.bundle' LEFT JOIN signature s ON s.path = f.path;",
  benign:
    'Login products that the fleet installs: Jamf Connect, XCreds, Escrow Buddy, Crypt, Okta, Duo, remote support. Seen on the first look at a host it is only noted.',
  detect: ({ columns }) => columns.plugin !== '' && !APPLE.has(columns.plugin),
  dynamicSeverity: ({ event }) => (event.counter === '0' ? 'info' : undefined),
  alertTitle: ({ host, columns }) =>
    `Plugin takes part in logins on ${host}: ${columns.plugin}:${columns.mechanism}`,
  // One plugin brings several mechanisms.
  dedup: ({ hostId, columns }) => `${hostId} ${columns.plugin}`,
  context: ({ columns }) => ({
    right: columns.label,
    plugin: columns.plugin,
    mechanism: columns.mechanism,
    privileged: columns.privileged,
  }),
  runbook:
    'Look at /Library/Security/SecurityAgentPlugins: who signed the bundle, and when did it come? If no product of the fleet brought it, isolate the Mac, keep the bundle, take the mechanism out (security authorizationdb) before you remove the bundle, or nobody can log in, and change every password typed there since.',
  references: [
    'https://attack.mitre.org/techniques/T1556/',
    'https://www.elliotjordan.com/posts/macos-authdb-mechs/',
  ],
  tests: [
    {
      name: 'of another maker',
      match: true,
      columns: {
        label: 'system.login.console',
        plugin: 'Example',
        mechanism: 'invoke',
        privileged: 'true',
      },
      title: 'Plugin takes part in logins on test-host: Example:invoke',
      dedup: 'test-host-id Example',
      severity: 'high',
      context: {
        right: 'system.login.console',
        plugin: 'Example',
        mechanism: 'invoke',
        privileged: 'true',
      },
    },
    {
      name: 'was there before anyone looked',
      match: true,
      counter: '0',
      columns: { label: 'system.login.console', plugin: 'JamfConnectLogin', mechanism: 'CheckOIDC' },
      severity: 'info',
    },
    {
      name: 'part of the login window',
      match: false,
      columns: { label: 'system.login.console', plugin: 'loginwindow', mechanism: 'success' },
    },
    {
      name: 'Kerberos',
      match: false,
      columns: { label: 'system.login.console', plugin: 'PKINITMechanism', mechanism: 'auth' },
    },
    {
      name: 'platform single sign-on',
      match: false,
      columns: { label: 'system.login.console', plugin: 'PSSOAuthPlugin', mechanism: 'login-auth' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { label: 'system.login.console', plugin: 'Example', mechanism: 'invoke' },
    },
    { name: 'no plugin', match: false, columns: { label: 'system.login.console' } },
  ],
})

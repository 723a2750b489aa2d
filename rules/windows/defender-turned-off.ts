import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const POLICY = 'hklm\\software\\policies\\microsoft\\windows defender'
const OWN = 'hklm\\software\\microsoft\\windows defender'

/**
 * Values that turn a part of Defender off when they are 1. DisableAntiSpyware is looked for among the policies only:
 * Defender writes it to its own key by itself when another product takes over.
 */
const SWITCHES: ReadonlySet<string> = new Set([
  ...['disableantispyware', 'disableantivirus'].map(name => `${POLICY}\\${name}`),
  ...[POLICY, OWN].flatMap(key =>
    [
      'disablerealtimemonitoring',
      'disablebehaviormonitoring',
      'disableioavprotection',
      'disableonaccessprotection',
      'disablescriptscanning',
      'disablescanonrealtimeenable',
    ].map(name => `${key}\\real-time protection\\${name}`),
  ),
])

export default rule({
  id: 'windows.defender-turned-off',
  title: 'Microsoft Defender, or a part of it, turned off',
  severity: 'high',
  on: table('registry'),
  attack: ['T1562.001'],
  means:
    'A value in the registry tells Defender not to look: wholly (DisableAntiSpyware) or for files, scripts or behaviour. It is the first thing ransomware does. With tamper protection on Defender pays no heed to it; that someone tried is the news.',
  check: 'SELECT antivirus, firewall, user_account_control FROM windows_security_center;',
  benign:
    'Administrators who replace Defender by another product, and for as long as they install something. What was so when the host came is not told.',
  runbook:
    'Is another antivirus installed and up (windows_security_products)? If not: who was logged on, and what ran? Take the value out, start a full scan, and look for what was put on the host while nobody looked.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  initial: 'ignore',
  detect: ({ columns }) =>
    columns.data === '1' && SWITCHES.has(`${registryKey(columns)}\\${columns.name.toLowerCase()}`),
  alertTitle: ({ host, columns }) => `Defender on ${host}: ${columns.name} set`,
  context: ({ columns }) => ({ key: columns.key, name: columns.name, data: columns.data }),
  tests: [
    {
      name: 'wholly, by policy',
      match: true,
      columns: defender('Policies\\Microsoft\\Windows Defender', 'DisableAntiSpyware'),
      title: 'Defender on test-host: DisableAntiSpyware set',
      dedup: 'test-host-id',
      severity: 'high',
    },
    {
      name: 'as Set-MpPreference does it',
      match: true,
      columns: defender('Microsoft\\Windows Defender\\Real-Time Protection', 'DisableRealtimeMonitoring'),
    },
    {
      name: 'so when the host came',
      match: false,
      counter: '0',
      columns: defender('Policies\\Microsoft\\Windows Defender', 'DisableAntiSpyware'),
    },
    {
      name: 'another product has taken over',
      match: false,
      columns: defender('Microsoft\\Windows Defender', 'DisableAntiSpyware'),
    },
    {
      name: 'turned on again',
      match: false,
      columns: { ...defender('Policies\\Microsoft\\Windows Defender', 'DisableAntiSpyware'), data: '0' },
    },
    {
      name: 'another value',
      match: false,
      columns: defender('Policies\\Microsoft\\Windows Defender', 'PUAProtection'),
    },
    {
      name: 'put back',
      match: false,
      action: 'removed',
      columns: defender('Policies\\Microsoft\\Windows Defender', 'DisableAntiSpyware'),
    },
  ],
})

function defender(branch: string, name: string) {
  const key = `HKEY_LOCAL_MACHINE\\SOFTWARE\\${branch}`
  return { key, path: `${key}\\${name}`, name, type: 'REG_DWORD', data: '1' }
}

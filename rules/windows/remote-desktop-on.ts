import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const TERMINAL_SERVER = 'hklm\\system\\currentcontrolset\\control\\terminal server'
const POLICY = 'hklm\\software\\policies\\microsoft\\windows nt\\terminal services'
const LISTENER = `${TERMINAL_SERVER}\\winstations\\rdp-tcp`

export default rule({
  id: 'windows.remote-desktop-on',
  title: 'Remote Desktop opened',
  severity: 'medium',
  on: table('registry'),
  attack: ['T1021.001', 'T1112'],
  means:
    'fDenyTSConnections 0 lets people in over Remote Desktop, UserAuthentication 0 shows them the logon screen before they have said who they are. Attackers turn it on to come back with a password they have.',
  check:
    "SELECT key, name, data FROM registry WHERE key IN ('HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server', 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp') AND name IN ('fDenyTSConnections', 'UserAuthentication');",
  benign: 'Administrators and people who work from home. What was so when the host came is not told.',
  runbook:
    'Ask whose machine it is. If they did not: who was logged on, and what ran (reg, wmic, PowerShell)? Turn it off, look for logons of type 10 since, and for new accounts in Remote Desktop Users.',
  references: ['https://attack.mitre.org/techniques/T1021/001/'],
  initial: 'ignore',
  detect: ({ columns }) => {
    const name = columns.name.toLowerCase()
    const key = registryKey(columns)
    if (columns.data !== '0') return false
    if (name === 'fdenytsconnections') return key === TERMINAL_SERVER || key === POLICY
    return name === 'userauthentication' && (key === LISTENER || key === POLICY)
  },
  alertTitle: ({ host, columns }) =>
    columns.name.toLowerCase() === 'userauthentication'
      ? `Remote Desktop on ${host} no longer asks who is there before the logon screen`
      : `Remote Desktop turned on on ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name.toLowerCase()}`,
  context: ({ columns }) => ({ key: columns.key, name: columns.name, data: columns.data }),
  tests: [
    {
      name: 'turned on',
      match: true,
      columns: terminal('', 'fDenyTSConnections', '0'),
      title: 'Remote Desktop turned on on test-host',
      dedup: 'test-host-id fdenytsconnections',
    },
    {
      name: 'without authentication first',
      match: true,
      columns: terminal('\\WinStations\\RDP-Tcp', 'UserAuthentication', '0'),
      title: 'Remote Desktop on test-host no longer asks who is there before the logon screen',
    },
    {
      name: 'so when the host came',
      match: false,
      counter: '0',
      columns: terminal('', 'fDenyTSConnections', '0'),
    },
    { name: 'turned off', match: false, columns: terminal('', 'fDenyTSConnections', '1') },
    { name: 'another value', match: false, columns: terminal('', 'fSingleSessionPerUser', '0') },
    {
      name: 'another listener',
      match: false,
      columns: terminal('\\WinStations\\Console', 'UserAuthentication', '0'),
    },
    { name: 'put back', match: false, action: 'removed', columns: terminal('', 'fDenyTSConnections', '0') },
  ],
})

function terminal(below: string, name: string, data: string) {
  const key = `HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server${below}`
  return { key, path: `${key}\\${name}`, name, type: 'REG_DWORD', data }
}

import { isDropPlace } from '../../src/detect/reading/windows-launch.ts'
import { windowsBaseName } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.firewall-opened',
  title: 'Firewall lets others in to a program from where none is installed',
  severity: 'medium',
  on: table('windows_firewall_rules'),
  attack: ['T1562.004'],
  means:
    'A new rule lets connections in to a program in a folder of everyone, of temporary files or of downloads: a back door that waits for its master, or a program that was never installed.',
  check:
    'SELECT l.port, l.address, p.name, p.path, p.cmdline FROM listening_ports l JOIN processes p USING (pid) WHERE l.port <> 0;',
  benign:
    'Portable programs that people start where they downloaded them. Games, video calls and tools for developers ask for it too, and live in folders of their own in AppData: those are not told, nor what was there when the host came.',
  runbook:
    'Hash the program, look it up and see who signed it. Is it running, and who is connected? Unknown: delete the rule, isolate the host, keep the file.',
  references: ['https://attack.mitre.org/techniques/T1562/004/'],
  initial: 'ignore',
  detect: ({ columns }) =>
    columns.enabled === '1' &&
    columns.action.toLowerCase() === 'allow' &&
    columns.direction.toLowerCase().startsWith('in') &&
    isDropPlace(columns.app_name),
  alertTitle: ({ host, columns }) => `Firewall of ${host} lets others in to ${columns.app_name}`,
  // Windows makes one rule for TCP and one for UDP.
  dedup: ({ hostId, columns }) => `${hostId} ${columns.app_name.toLowerCase()}`,
  context: ({ columns }) => ({
    rule: columns.name,
    program: columns.app_name,
    file: windowsBaseName(columns.app_name),
    protocol: columns.protocol,
    ports: columns.local_ports,
    from: columns.remote_addresses,
  }),
  tests: [
    {
      name: 'a program in a folder of everyone',
      match: true,
      columns: opened('C:\\Users\\Public\\svc.exe'),
      title: 'Firewall of test-host lets others in to C:\\Users\\Public\\svc.exe',
      dedup: 'test-host-id c:\\users\\public\\svc.exe',
      severity: 'medium',
    },
    {
      name: 'a game, which lives in a folder of its own',
      match: false,
      columns: opened('C:\\Users\\ada\\AppData\\Local\\Game\\game.exe'),
    },
    {
      name: 'there when the host came',
      match: false,
      counter: '0',
      columns: opened('C:\\Users\\Public\\svc.exe'),
    },
    { name: 'a program of all', match: false, columns: opened('C:\\Program Files\\Example\\a.exe') },
    { name: 'Windows', match: false, columns: opened('System') },
    { name: 'any program', match: false, columns: opened('') },
    {
      name: 'outwards',
      match: false,
      columns: { ...opened('C:\\Users\\Public\\svc.exe'), direction: 'Out' },
    },
    { name: 'shut', match: false, columns: { ...opened('C:\\Users\\Public\\svc.exe'), action: 'Block' } },
    { name: 'turned off', match: false, columns: { ...opened('C:\\Users\\Public\\svc.exe'), enabled: '0' } },
    { name: 'taken out', match: false, action: 'removed', columns: opened('C:\\Users\\Public\\svc.exe') },
  ],
})

function opened(app_name: string) {
  return {
    name: 'svc',
    app_name,
    action: 'Allow',
    direction: 'In',
    enabled: '1',
    protocol: 'TCP',
    local_ports: '*',
    remote_addresses: '*',
  }
}

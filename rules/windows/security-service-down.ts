import { rule, table } from '../../src/detect/rule.ts'
import { SECURITY_SERVICES } from '../data/windows-security-services.ts'

const SERVICES = new Map(SECURITY_SERVICES.services.map(service => [service.name, service]))

/** ERROR_SERVICE_NEVER_STARTED: nobody has tried to start it since Windows started. */
const NOT_YET_STARTED = '1077'

export default rule({
  id: 'windows.security-service-down',
  title: 'Security service stopped or disabled',
  severity: 'high',
  on: table('services'),
  attack: ['T1562.001'],
  means:
    'A service that guards the host or tells of it (antivirus, EDR, firewall, event log) was disabled, or is stopped though it should run. Attackers do that before they do anything loud.',
  check:
    "SELECT name, status, start_type, win32_exit_code FROM services WHERE name IN ('WinDefend', 'Sense', 'MpsSvc', 'EventLog', 'wscsvc');",
  benign:
    'Another antivirus sets Defender aside (its service then starts by hand, which is not told), updates restart services, products are removed. Stopped is told as medium, disabled as high.',
  runbook:
    'Is the product being updated or removed, and by whom? If not: isolate the host, start the service, and read what happened in the hour before: logons, new services, sc and net in the processes.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  initial: 'ignore',
  detect: ({ columns }) => {
    const service = SERVICES.get(columns.name.toLowerCase())
    if (service === undefined) return false
    if (columns.start_type === 'DISABLED') return true
    return (
      columns.start_type === 'AUTO_START' &&
      (columns.status === 'STOPPED' || columns.status === 'PAUSED') &&
      columns.win32_exit_code !== NOT_YET_STARTED &&
      service.startsLate !== true
    )
  },
  dynamicSeverity: ({ columns }) => (columns.start_type === 'DISABLED' ? 'high' : 'medium'),
  alertTitle: ({ host, columns }) =>
    `${SERVICES.get(columns.name.toLowerCase())?.product ?? columns.name} on ${host} is ${
      columns.start_type === 'DISABLED' ? 'disabled' : columns.status.toLowerCase()
    }`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name.toLowerCase()}`,
  context: ({ columns }) => ({
    service: columns.name,
    status: columns.status,
    start_type: columns.start_type,
    exit_code: columns.win32_exit_code,
  }),
  tests: [
    {
      name: 'disabled',
      match: true,
      columns: service('WinDefend', 'STOPPED', 'DISABLED'),
      title: 'Microsoft Defender Antivirus on test-host is disabled',
      severity: 'high',
      dedup: 'test-host-id windefend',
    },
    {
      name: 'disabled, to be stopped at the next start',
      match: true,
      columns: service('EventLog', 'RUNNING', 'DISABLED'),
    },
    {
      name: 'stopped though it should run',
      match: true,
      columns: service('CSFalconService', 'STOPPED', 'AUTO_START'),
      title: 'CrowdStrike Falcon on test-host is stopped',
      severity: 'medium',
    },
    {
      name: 'so when the host came',
      match: false,
      counter: '0',
      columns: service('WinDefend', 'STOPPED', 'DISABLED'),
    },
    { name: 'running', match: false, columns: service('WinDefend', 'RUNNING', 'AUTO_START') },
    {
      name: 'set aside by another antivirus',
      match: false,
      columns: service('WinDefend', 'STOPPED', 'DEMAND_START'),
    },
    {
      name: 'not yet started',
      match: false,
      columns: { ...service('MpsSvc', 'STOPPED', 'AUTO_START'), win32_exit_code: '1077' },
    },
    { name: 'one that starts late', match: false, columns: service('wscsvc', 'STOPPED', 'AUTO_START') },
    { name: 'a service of no concern', match: false, columns: service('Fax', 'STOPPED', 'DISABLED') },
    { name: 'a row without its state', match: false, columns: { name: 'WinDefend', path: 'C:\\x.exe' } },
    {
      name: 'back again',
      match: false,
      action: 'removed',
      columns: service('WinDefend', 'STOPPED', 'DISABLED'),
    },
  ],
})

function service(name: string, status: string, start_type: string) {
  return { name, status, start_type, win32_exit_code: '0' }
}

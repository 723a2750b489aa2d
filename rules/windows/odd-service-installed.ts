import { eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { oddService } from '../../src/detect/reading/windows-launch.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.odd-service-installed',
  title: 'Service installed that no product would install',
  severity: 'high',
  on: table('windows_events'),
  attack: ['T1543.003', 'T1569.002', 'T1021.002'],
  means:
    'A service was installed that runs a shell, code that is encoded or fetched, a program on a share, or one from a folder where nobody installs any. Tools that run commands from afar install it, start it and delete it within seconds, so that only the event log has seen it.',
  check:
    "SELECT datetime, data FROM windows_eventlog WHERE channel = 'System' AND eventid = 7045 ORDER BY datetime DESC LIMIT 20;",
  benign:
    'Installers, and tools that load a driver from a folder of temporary files for a while (CPU-Z, HWiNFO): told as medium.',
  runbook:
    'Isolate the host if it ran a shell. Who logged on over the network at that minute (4624 of type 3), and from where? Look at that host too. Keep the file that the path names.',
  references: ['https://attack.mitre.org/techniques/T1569/002/'],
  detect: ({ columns }) => oddService(installed(columns).path) !== null,
  dynamicSeverity: ({ columns }) => {
    const { path } = installed(columns)
    return oddService(path)?.sure === true && !/\.sys"?$/i.test(path.trim()) ? 'high' : 'medium'
  },
  alertTitle: ({ host, columns }) => {
    const { name, path } = installed(columns)
    return `Service ${name} installed on ${host} ${oddService(path)?.reason}`
  },
  dedup: ({ hostId, columns }) => `${hostId} ${installed(columns).name}`,
  context: ({ columns }) => ({ ...installed(columns), at: columns.datetime }),
  tests: [
    {
      name: 'a shell, by the service manager',
      match: true,
      columns: {
        source: 'System',
        eventid: '7045',
        datetime: '2023-11-14T22:13:20.0000000Z',
        data: event({
          ServiceName: 'xkqz',
          ImagePath: 'cmd.exe /c echo xkqz > \\\\.\\pipe\\xkqz',
          AccountName: 'LocalSystem',
        }),
      },
      title: 'Service xkqz installed on test-host runs cmd as a service',
      dedup: 'test-host-id xkqz',
      severity: 'high',
      context: {
        name: 'xkqz',
        path: 'cmd.exe /c echo xkqz > \\\\.\\pipe\\xkqz',
        account: 'LocalSystem',
        by: '',
        at: '2023-11-14T22:13:20.0000000Z',
      },
    },
    {
      name: 'a program on a share, by the security log',
      match: true,
      columns: {
        source: 'Security',
        eventid: '4697',
        data: event({
          ServiceName: 'a1b2c3d',
          ServiceFileName: '\\\\127.0.0.1\\ADMIN$\\a1b2c3d.exe',
          SubjectUserName: 'ada',
        }),
      },
    },
    {
      name: 'a driver of a tool',
      match: true,
      columns: {
        source: 'System',
        eventid: '7045',
        data: event({ ServiceName: 'cpuz154', ImagePath: 'C:\\Windows\\temp\\cpuz154\\cpuz154_x64.sys' }),
      },
      severity: 'medium',
    },
    {
      name: 'a product',
      match: false,
      columns: {
        source: 'System',
        eventid: '7045',
        data: event({ ServiceName: 'Example', ImagePath: '"C:\\Program Files\\Example\\svc.exe"' }),
      },
    },
    {
      name: 'a service that starts',
      match: false,
      columns: {
        source: 'System',
        eventid: '7036',
        data: event({ ServiceName: 'x', ImagePath: 'cmd /c x' }),
      },
    },
    {
      name: 'data that is cut off',
      match: false,
      columns: { source: 'System', eventid: '7045', data: '{"EventData":{"ImagePath":"cmd /c x"' },
    },
    {
      name: 'an event of that number elsewhere',
      match: false,
      columns: { source: 'Application', eventid: '7045', data: event({ ImagePath: 'cmd /c x' }) },
    },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: { source: 'System', eventid: '7045', data: event({ ImagePath: 'cmd /c x' }) },
    },
  ],
})

/** What the event says of the service: 7045 is the service manager's, 4697 the security log's. */
function installed(columns: { readonly source: string; readonly eventid: string; readonly data: string }) {
  const isInstallation = isEvent(columns, 'System', 7045) || isEvent(columns, 'Security', 4697)
  const fields = isInstallation ? eventFields(columns.data) : {}
  const {
    ServiceName = '',
    ImagePath = '',
    ServiceFileName = '',
    AccountName = '',
    SubjectUserName = '',
  } = fields
  return { name: ServiceName, path: ImagePath || ServiceFileName, account: AccountName, by: SubjectUserName }
}

function event(fields: Readonly<Record<string, string>>): string {
  return `${JSON.stringify({ EventData: fields })}\\x0A`
}

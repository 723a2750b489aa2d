import { rule, table } from '../../src/detect/rule.ts'

/** Consumer and filter of every Windows since Vista: they write the start of services to the event log. */
const STOCK_CONSUMER = 'scm event log consumer'
const STOCK_FILTER = 'scm event log filter'

export default rule({
  id: 'windows.wmi-binding',
  title: 'New binding of a WMI filter to a consumer',
  severity: 'medium',
  on: table('wmi_filter_consumer_binding'),
  attack: ['T1546.003'],
  means:
    'A binding is what makes a WMI subscription live: when the filter’s query is met, the consumer acts. Beside commands and scripts (windows.wmi-event-consumer) consumers may write files or send mail, and products bring kinds of their own.',
  check: 'SELECT name, query, query_language FROM wmi_event_filters;',
  benign:
    'Management and backup software when it is installed. What was there when the host came is not told, nor the one that Windows brings.',
  runbook:
    'Read the consumer and the filter that the row names. A command or script has an alert of its own; for another kind find the product that it belongs to. Unknown: treat it as a way to come back.',
  references: ['https://attack.mitre.org/techniques/T1546/003/'],
  initial: 'ignore',
  detect: ({ columns }) => columns.consumer !== '',
  exclude: ({ columns }) =>
    nameIn(columns.consumer) === STOCK_CONSUMER && nameIn(columns.filter) === STOCK_FILTER,
  alertTitle: ({ host, columns }) => `WMI on ${host} bound ${columns.consumer} to ${columns.filter}`,
  context: ({ columns }) => ({
    consumer: columns.consumer,
    filter: columns.filter,
    namespace: columns.namespace,
  }),
  tests: [
    {
      name: 'a command',
      match: true,
      columns: {
        namespace: 'root\\subscription',
        consumer: 'CommandLineEventConsumer.Name="Updater"',
        filter: '__EventFilter.Name="UpdaterFilter"',
      },
      title:
        'WMI on test-host bound CommandLineEventConsumer.Name="Updater" to __EventFilter.Name="UpdaterFilter"',
      dedup: 'test-host-id',
    },
    {
      name: 'the consumer of Windows with another filter',
      match: true,
      columns: {
        consumer: 'NTEventLogEventConsumer.Name="SCM Event Log Consumer"',
        filter: '__EventFilter.Name="x"',
      },
    },
    {
      name: 'there when the host came',
      match: false,
      counter: '0',
      columns: { consumer: 'LogFileEventConsumer.Name="x"', filter: '__EventFilter.Name="x"' },
    },
    {
      name: 'the one that Windows brings',
      match: false,
      columns: {
        consumer: 'NTEventLogEventConsumer.Name="SCM Event Log Consumer"',
        filter: '__EventFilter.Name="SCM Event Log Filter"',
      },
    },
    { name: 'a row that names nothing', match: false, columns: { namespace: 'root\\subscription' } },
    {
      name: 'taken out',
      match: false,
      action: 'removed',
      columns: { consumer: 'LogFileEventConsumer.Name="x"', filter: '__EventFilter.Name="x"' },
    },
  ],
})

/** The name in a WMI path: `Class.Name="that"`, in lower case. */
function nameIn(path: string): string {
  const start = path.toLowerCase().lastIndexOf('.name="')
  return start === -1
    ? ''
    : path
        .slice(start + 7)
        .replace(/"$/, '')
        .toLowerCase()
}

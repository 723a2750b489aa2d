import { query, rule } from '../../src/detect/rule.ts'
import { windowsPersistence } from '../packs/windows-persistence.ts'

const TREE = '\\schedule\\taskcache\\tree\\'

export default rule({
  id: 'windows.hidden-scheduled-task',
  title: 'Scheduled task that Windows does not show',
  severity: 'high',
  // osquery's column hidden of scheduled_tasks tells whether a task is enabled (osquery issue 9114), so the registry is asked.
  on: query(windowsPersistence.queries.hidden_tasks),
  attack: ['T1053.005', 'T1564'],
  means:
    'The registry holds a task whose security descriptor was deleted, or whose index is 0: it runs, but neither the task scheduler nor schtasks shows it. Only SYSTEM can do that; Tarrask and others do.',
  check:
    "SELECT key, name, data FROM registry WHERE key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\%%' AND name IN ('Id', 'Index', 'SD');",
  benign: 'Damaged remains of tasks after an upgrade of Windows; they have no action any more.',
  runbook:
    'Isolate the host. The id leads to TaskCache\\Tasks\\{id}, whose Actions say what it runs. Keep both keys and the file, then delete the keys, and look for how someone became SYSTEM.',
  references: [
    'https://attack.mitre.org/techniques/T1053/005/',
    'https://attack.mitre.org/techniques/T1564/',
  ],
  detect: ({ columns }) => (columns['key'] ?? '').toLowerCase().includes(TREE),
  alertTitle: ({ host, columns }) => `Hidden task on ${host}: ${nameIn(columns['key'] ?? '')}`,
  dedup: ({ hostId, columns }) => `${hostId} ${nameIn(columns['key'] ?? '')}`,
  context: ({ columns }) => ({
    task: nameIn(columns['key'] ?? ''),
    id: columns['task_id'],
    has_descriptor: columns['has_descriptor'],
  }),
  tests: [
    {
      name: 'without descriptor',
      match: true,
      counter: '0',
      columns: {
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\Example\\WinUpdate',
        task_id: '{01234567-89ab-cdef-0123-456789abcdef}',
        has_descriptor: '0',
      },
      title: 'Hidden task on test-host: Example\\WinUpdate',
      dedup: 'test-host-id Example\\WinUpdate',
      severity: 'high',
      context: {
        task: 'Example\\WinUpdate',
        id: '{01234567-89ab-cdef-0123-456789abcdef}',
        has_descriptor: '0',
      },
    },
    { name: 'a row that names no task', match: false, columns: { task_id: '' } },
    {
      name: 'another query',
      match: false,
      query: 'scheduled_tasks',
      columns: { key: 'HKEY_LOCAL_MACHINE\\x\\Schedule\\TaskCache\\Tree\\a' },
    },
    {
      name: 'gone',
      match: false,
      action: 'removed',
      columns: {
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\a',
      },
    },
  ],
})

function nameIn(key: string): string {
  return key.slice(key.toLowerCase().indexOf(TREE) + TREE.length)
}

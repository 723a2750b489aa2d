import { rule, table } from '../../src/detect/rule.ts'
import { ATTACK_PIPES } from '../data/windows-names.ts'

export default rule({
  id: 'windows.remote-execution-pipe',
  title: 'PsExec or its like runs on the host',
  severity: 'medium',
  on: table('pipes'),
  attack: ['T1570', 'T1569.002'],
  means:
    'Someone runs commands on this host from another, as SYSTEM if they like, by way of PsExec or PAExec. The pipe often names the host that they come from.',
  check:
    "SELECT name, path, user_account, status FROM services WHERE name LIKE 'PSEXESVC%' OR name LIKE 'PAExec%';",
  benign:
    'Administrators, and inventory tools that bring PAExec with them. Name the hosts that they come from in the exceptions.',
  runbook:
    'The pipe’s name holds the host and process that it comes from: is it one of administrators’? Ask them. If not: isolate both hosts, look at logons of type 3 from there, and at what was run.',
  references: ['https://attack.mitre.org/techniques/T1569/002/'],
  detect: ({ columns }) => toolOf(columns.name) !== undefined,
  alertTitle: ({ host, columns }) => `${toolOf(columns.name)} runs on ${host}: ${columns.name}`,
  context: ({ columns }) => ({ pipe: columns.name, pid: columns.pid }),
  tests: [
    {
      name: 'the service',
      match: true,
      columns: { name: 'PSEXESVC', pid: '4242' },
      title: 'PsExec runs on test-host: PSEXESVC',
      dedup: 'test-host-id',
      severity: 'medium',
    },
    { name: 'a session', match: true, columns: { name: 'PSEXESVC-WS01-5512-stdin' } },
    {
      name: 'PAExec',
      match: true,
      columns: { name: 'PAExec-4242-WS01' },
      title: 'PAExec runs on test-host: PAExec-4242-WS01',
    },
    { name: 'the service manager', match: false, columns: { name: 'svcctl' } },
    { name: 'a longer name', match: false, columns: { name: 'psexesvcs' } },
    { name: 'gone', match: false, action: 'removed', columns: { name: 'PSEXESVC' } },
  ],
})

function toolOf(pipe: string): string | undefined {
  return ATTACK_PIPES.remoteExecution.find(({ pattern }) => pattern.test(pipe))?.tool
}

import { rule, table } from '../../src/detect/rule.ts'
import { ATTACK_PIPES } from '../data/windows-names.ts'

export default rule({
  id: 'windows.attack-tool-pipe',
  title: 'Named pipe of an attacker’s tool',
  severity: 'critical',
  on: table('pipes'),
  attack: ['T1559', 'T1570', 'T1071'],
  means:
    'A process has opened a named pipe that is called as Cobalt Strike, Covenant or another tool of attackers calls theirs by default. It is live on the host now, and often speaks with others through it.',
  check:
    'SELECT p.name, p.pid, r.name AS program, r.path, r.cmdline, r.parent FROM pipes p LEFT JOIN processes r ON r.pid = p.pid;',
  benign: 'An exercise of your own red team.',
  runbook:
    'Isolate the host, do not turn it off: what matters is in memory. Find the process of the pipe (check), its parent and its connections. Look for the same pipe, and for logons from this host, on others.',
  references: ['https://attack.mitre.org/techniques/T1559/', 'https://attack.mitre.org/techniques/T1570/'],
  detect: ({ columns }) => toolOf(columns.name) !== null,
  alertTitle: ({ host, columns }) => `Pipe of ${toolOf(columns.name)} on ${host}: ${columns.name}`,
  context: ({ columns }) => ({ pipe: columns.name, pid: columns.pid, tool: toolOf(columns.name) }),
  tests: [
    {
      name: 'Cobalt Strike',
      match: true,
      counter: '0',
      columns: { name: 'msagent_7f', pid: '4242' },
      title: 'Pipe of Cobalt Strike on test-host: msagent_7f',
      dedup: 'test-host-id',
      severity: 'critical',
      context: { pipe: 'msagent_7f', pid: '4242', tool: 'Cobalt Strike' },
    },
    { name: 'its jobs', match: true, columns: { name: 'postex_ssh_1a2b' } },
    { name: 'its older server', match: true, columns: { name: 'MSSE-1234-server' } },
    {
      name: 'Covenant',
      match: true,
      columns: { name: 'GruntSvc' },
      title: 'Pipe of Covenant on test-host: GruntSvc',
    },
    { name: 'the local security authority', match: false, columns: { name: 'lsass' } },
    { name: 'a browser', match: false, columns: { name: 'mojo.5688.8052.183894939787088877' } },
    { name: 'a longer name', match: false, columns: { name: 'msagent_settings' } },
    {
      name: 'the host of PowerShell',
      match: false,
      columns: { name: 'PSHost.133012345678901234.4242.DefaultAppDomain.powershell' },
    },
    { name: 'PsExec, a matter of its own', match: false, columns: { name: 'PSEXESVC' } },
    { name: 'gone', match: false, action: 'removed', columns: { name: 'msagent_7f' } },
  ],
})

function toolOf(pipe: string): string | null {
  const exact = ATTACK_PIPES.names.get(pipe.toLowerCase())
  return exact ?? ATTACK_PIPES.patterns.find(({ pattern }) => pattern.test(pipe))?.tool ?? null
}

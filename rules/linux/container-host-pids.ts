import { query, rule } from '../../src/detect/rule.ts'
import { containers } from '../packs/containers.ts'

export default rule({
  id: 'linux.container-host-pids',
  title: 'Container sees the processes of its host',
  severity: 'low',
  // Only the join with the namespaces of process 1 can tell.
  on: query(containers.queries.containers_with_host_pids),
  attack: ['T1611'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns['image'] ?? ''}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => (columns['image'] ?? '') !== '',
  alertTitle: ({ host, columns }) =>
    `Container ${columns['name'] ?? ''} of ${columns['image'] ?? ''} sees the processes of ${host}`,
  context: ({ columns }) => ({
    container: columns['id'],
    name: columns['name'],
    image: columns['image'],
    command: columns['command'],
    privileged: columns['privileged'],
  }),
  means:
    'The container shares the process space of its host: it reads the environment of other processes, with their keys, and with the right to trace it can take them over.',
  check:
    'SELECT c.id, c.name, c.image, c.command, c.privileged FROM docker_containers c JOIN process_namespaces n ON n.pid = 1 WHERE c.pid_namespace = n.pid_namespace;',
  benign: 'Agents that measure the host (node exporter, monitoring), debuggers.',
  runbook:
    'Is it an agent of yours? If not, who started it and why with --pid=host? Look at what it runs, stop it, and rotate keys that stand in environments of the host.',
  references: ['https://attack.mitre.org/techniques/T1611/'],
  tests: [
    {
      name: 'a container with the pids of the host',
      match: true,
      columns: { id: '11b2', name: '/probe', image: 'alpine:3.20', command: 'sh', privileged: '0' },
      title: 'Container /probe of alpine:3.20 sees the processes of test-host',
      dedup: 'test-host-id alpine:3.20',
      severity: 'low',
      context: { container: '11b2', name: '/probe', image: 'alpine:3.20', command: 'sh', privileged: '0' },
    },
    {
      name: 'a query of another pack',
      match: false,
      pack: 'elsewhere',
      columns: { name: '/probe', image: 'alpine:3.20' },
    },
    { name: 'no container', match: false, columns: { name: '' } },
    {
      name: 'gone',
      match: false,
      action: 'removed',
      columns: { name: '/probe', image: 'alpine:3.20' },
    },
  ],
})

import { bool } from '../../src/detect/reading/values.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Folders of the host that give all of it away to a container that may write to them. */
const HOST_FOLDERS = new Set([
  '/',
  '/etc',
  '/root',
  '/boot',
  '/dev',
  '/usr',
  '/lib',
  '/bin',
  '/sbin',
  '/var',
  '/home',
])
/** Sockets that obey whoever can open them, written to or not. */
const SOCKETS = new Set([
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/var/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/var/run/crio/crio.sock',
  '/run/podman/podman.sock',
])

export default rule({
  id: 'linux.container-mounts-host',
  title: 'Container can write to its host',
  severity: 'medium',
  on: joining(table('docker_container_mounts'), 'container', 'image', 'command'),
  attack: ['T1611'],
  // News is not hidden by what was there before.
  dedup: ({ hostId, columns, event }) =>
    `${hostId} ${columns.image ?? columns.id} ${columns.source}${event.counter === '0' ? ' at first' : ''}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => isSocket(columns.source) || isHostFolder(columns),
  dynamicSeverity: ({ columns, event }) => {
    // Those that ran before anyone looked are an inventory to go through once; one more is news.
    if (event.counter === '0') return 'info'
    // Many useful containers have it, and it is as good as root all the same.
    return isSocket(columns.source) ? 'low' : undefined
  },
  alertTitle: ({ host, columns }) =>
    `Container ${columns.container ?? columns.id} of ${columns.image ?? 'an image'} has ${columns.source} of ${host}`,
  context: ({ columns }) => ({
    container: columns.container ?? columns.id,
    image: columns.image,
    command: columns.command,
    source: columns.source,
    destination: columns.destination,
    rw: columns.rw,
  }),
  means:
    'Through this folder or socket a process in the container changes the host: it writes a cron job, a key or a program, or starts a privileged container. It is the usual way out of a container.',
  check:
    "SELECT m.id, c.name, c.image, m.source, m.destination, m.rw FROM docker_container_mounts m JOIN docker_containers c USING (id) WHERE m.type = 'bind';",
  benign:
    'The socket: reverse proxies, updaters, build runners, dashboards. Folders: backup agents and installers that ought to have them read-only.',
  runbook:
    'Is the container yours, and does it need this? Read-only would do for most. If nobody knows it: see what it wrote (file times under the folder), stop it, and treat the host as taken over.',
  references: ['https://attack.mitre.org/techniques/T1611/'],
  tests: [
    {
      name: 'the root of the host',
      match: true,
      columns: {
        id: '11b2',
        container: '/probe',
        image: 'alpine:3.20',
        command: 'sh',
        source: '/',
        destination: '/mnt',
        rw: '1',
      },
      title: 'Container /probe of alpine:3.20 has / of test-host',
      dedup: 'test-host-id alpine:3.20 /',
      severity: 'medium',
      context: {
        container: '/probe',
        image: 'alpine:3.20',
        command: 'sh',
        source: '/',
        destination: '/mnt',
        rw: '1',
      },
    },
    {
      name: 'the socket of Docker, read-only or not',
      match: true,
      columns: { id: '11b2', image: 'traefik:v3', source: '/var/run/docker.sock', rw: '0' },
      severity: 'low',
    },
    {
      name: 'ran before anyone looked',
      match: true,
      counter: '0',
      columns: { id: '11b2', image: 'alpine:3.20', source: '/', rw: '1' },
      severity: 'info',
      dedup: 'test-host-id alpine:3.20 / at first',
    },
    {
      name: 'the socket, before anyone looked',
      match: true,
      counter: '0',
      columns: { id: '11b2', image: 'traefik:v3', source: '/run/docker.sock', rw: '1' },
      severity: 'info',
    },
    { name: 'a query without the container', match: true, columns: { id: '11b2', source: '/etc/', rw: '1' } },
    {
      name: 'an exporter that only reads',
      match: false,
      columns: { id: '11b2', source: '/', destination: '/host', rw: '0' },
    },
    {
      name: 'a folder of its own',
      match: false,
      columns: { id: '11b2', source: '/srv/app/data', rw: '1' },
    },
    { name: 'one file of etc', match: false, columns: { id: '11b2', source: '/etc/localtime', rw: '1' } },
    { name: 'gone', match: false, action: 'removed', columns: { id: '11b2', source: '/', rw: '1' } },
  ],
})

function isSocket(source: string): boolean {
  return SOCKETS.has(source)
}

function isHostFolder({ source, rw }: { readonly source: string; readonly rw: string }): boolean {
  const folder = source.length > 1 && source.endsWith('/') ? source.slice(0, -1) : source
  return bool(rw) === true && HOST_FOLDERS.has(folder)
}

import { bool } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { PRIVILEGED_IMAGES } from '../data/privileged-images.ts'

export default rule({
  id: 'linux.privileged-container',
  title: 'Container runs with all rights of the host',
  severity: 'medium',
  on: table('docker_containers'),
  attack: ['T1610', 'T1611'],
  // Restarted again and again under new ids, it is the same finding; news is not hidden by what was there before.
  dedup: ({ hostId, columns, event }) =>
    `${hostId} ${columns.image}${event.counter === '0' ? ' at first' : ''}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => bool(columns.privileged) === true,
  // Those that ran before anyone looked are an inventory to go through once; one more is news.
  dynamicSeverity: ({ event }) => (event.counter === '0' ? 'info' : undefined),
  exclude: ({ columns }) => PRIVILEGED_IMAGES.names.has(withoutTag(columns.image)),
  alertTitle: ({ host, columns }) => `Privileged container ${columns.name} of ${columns.image} on ${host}`,
  context: ({ columns }) => ({
    container: columns.id,
    name: columns.name,
    image: columns.image,
    command: columns.command,
    security_options: columns.security_options,
  }),
  means:
    'A privileged container can mount the disks of its host and load modules into its kernel: who is root in it is root on the host. Intruders who reach the Docker socket start such a container to get out.',
  check:
    'SELECT id, name, image, command, privileged, created FROM docker_containers WHERE privileged = 1; SELECT id, source, destination, rw FROM docker_container_mounts;',
  benign:
    'Agents for networks, storage and monitoring, Docker in Docker on build hosts, developers who took the short way.',
  runbook:
    'Who started it, and does its work need it (capabilities or single devices usually do)? If nobody knows it: keep it (docker commit, docker logs), stop it, and treat the host as taken over, since it may have been left already.',
  references: [
    'https://attack.mitre.org/techniques/T1611/',
    'https://docs.docker.com/engine/containers/run/',
  ],
  tests: [
    {
      name: 'an ordinary image with all rights',
      match: true,
      columns: {
        id: '11b2399e1426',
        name: '/gracious_bell',
        image: 'alpine:3.20',
        command: 'chroot /mnt sh',
        privileged: '1',
      },
      title: 'Privileged container /gracious_bell of alpine:3.20 on test-host',
      dedup: 'test-host-id alpine:3.20',
      severity: 'medium',
      context: {
        container: '11b2399e1426',
        name: '/gracious_bell',
        image: 'alpine:3.20',
        command: 'chroot /mnt sh',
        security_options: '',
      },
    },
    {
      name: 'ran before anyone looked',
      match: true,
      counter: '0',
      columns: { image: 'alpine', privileged: '1' },
      severity: 'info',
      dedup: 'test-host-id alpine at first',
    },
    {
      name: 'an image that only ends like a known one',
      match: true,
      columns: { image: 'registry.example.com/cilium/cilium:v1.16', privileged: '1' },
    },
    { name: 'no rights', match: false, columns: { image: 'alpine:3.20', privileged: '0' } },
    { name: 'not selected', match: false, columns: { image: 'alpine:3.20' } },
    {
      name: 'the network of Kubernetes',
      match: false,
      columns: { image: 'quay.io/cilium/cilium:v1.16.1@sha256:ab', privileged: '1' },
    },
    {
      name: 'a builder by its full name',
      match: false,
      columns: { image: 'docker.io/moby/buildkit:buildx-stable-1', privileged: '1' },
    },
    {
      name: 'gone',
      match: false,
      action: 'removed',
      columns: { image: 'alpine:3.20', privileged: '1' },
    },
  ],
})

/** An image's name without digest, tag and the default registry; a colon before a slash belongs to a registry's port. */
function withoutTag(image: string): string {
  const [name = ''] = image.split('@', 1)
  const colon = name.lastIndexOf(':')
  const bare = colon > name.lastIndexOf('/') ? name.slice(0, colon) : name
  return bare.startsWith('docker.io/') ? bare.slice('docker.io/'.length) : bare
}

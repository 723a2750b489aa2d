import { pack } from '../../src/detect/pack.ts'

/**
 * Containers of Docker that can reach out of their box. Columns that change by themselves (`status`, addresses) are left
 * out. Hosts without Docker answer with no rows.
 */
export const containers = pack({
  name: 'containers',
  description: 'Containers with power over their host',
  platform: 'linux',
  queries: {
    containers: {
      query:
        'SELECT c.id, c.name, c.image, c.command, c.path, c.privileged, c.security_options, c.created FROM docker_containers c;',
      interval: 600,
      removed: false,
      table: 'docker_containers',
      description: 'Containers, and whether they are privileged',
    },
    containers_with_host_pids: {
      query:
        'SELECT c.id, c.name, c.image, c.command, c.privileged, c.pid_namespace FROM docker_containers c JOIN process_namespaces n ON n.pid = 1 WHERE c.pid_namespace = n.pid_namespace;',
      interval: 600,
      removed: false,
      table: 'docker_containers',
      description: 'Containers that see the processes of the host',
    },
    container_mounts: {
      query:
        "SELECT m.id, m.type, m.source, m.destination, m.mode, m.rw, c.name AS container, c.image, c.command FROM docker_container_mounts m JOIN docker_containers c USING (id) WHERE m.type = 'bind';",
      interval: 600,
      removed: false,
      table: 'docker_container_mounts',
      description: 'Folders of the host that containers see',
    },
  },
})

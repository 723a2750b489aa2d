import { pack } from '../../src/detect/pack.ts'

/** Processes of Linux in a state that tells of a trick, whatever they are called. */
export const linuxProcesses = pack({
  name: 'linux-processes',
  description: 'Processes without a file, and with rights that they should not have',
  platform: 'linux',
  queries: {
    deleted_programs: {
      // Containers have paths of their own, which are not on this disk: only processes that see the files osquery sees.
      query:
        "SELECT p.pid, p.name, p.path, p.cmdline, p.cwd, p.uid, p.euid, p.parent, p.on_disk, p.start_time, pp.path AS parent_path FROM processes p LEFT JOIN processes pp ON pp.pid = p.parent LEFT JOIN process_namespaces n ON n.pid = p.pid WHERE p.on_disk = 0 AND (p.path LIKE '/memfd:%' OR ((p.path LIKE '/tmp/%' OR p.path LIKE '/var/tmp/%' OR p.path LIKE '/dev/%' OR p.path LIKE '/run/%' OR p.path LIKE '/var/lock/%' OR p.path LIKE '/%/.%') AND n.mnt_namespace = (SELECT o.mnt_namespace FROM process_namespaces o JOIN osquery_info i ON i.pid = o.pid)));",
      interval: 300,
      removed: false,
      table: 'processes',
      description: 'Programs that run without a file',
    },
    root_children_of_users: {
      query:
        "SELECT p.pid, p.name, p.path, p.cmdline, p.cwd, p.euid, p.parent, pp.path AS parent_path, pp.cmdline AS parent_cmdline, pp.euid AS parent_euid, f.mode FROM processes p JOIN processes pp ON pp.pid = p.parent LEFT JOIN file f ON f.path = p.path WHERE p.euid = 0 AND pp.euid <> 0 AND p.path <> '' AND (f.mode IS NULL OR f.mode NOT LIKE '4___' AND f.mode NOT LIKE '6___');",
      interval: 300,
      removed: false,
      table: 'processes',
      description: 'Processes of root whose parent is not root, without the set-user-ID bit',
    },
  },
})

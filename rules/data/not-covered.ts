/** Something worth finding that no rule finds, and what it would take. Shown in docs/rules.md. */
export interface NotCovered {
  /** What would be found, in a few words. */
  readonly what: string
  /** osquery tables that it would be seen in. */
  readonly tables: readonly string[]
  /** Why there is no rule, or what one would need. */
  readonly needs: string
}

/** Found by going through what others detect with osquery; looked at on 2026-11-24. */
export const NOT_COVERED: readonly NotCovered[] = [
  {
    what: 'Two hosts with one hardware UUID, or a host whose serial number is not the one it enrolled with',
    tables: ['system_info'],
    needs:
      'A comparison between hosts. Enrollment knows both numbers of every host, so this is a query over hosts and not a rule over rows, which would have to match every row of every host.',
  },
  {
    what: 'Processes of root with an empty environment',
    tables: ['processes', 'process_envs'],
    needs: 'A list of the many daemons that clear theirs; the query reads the environment of every process.',
  },
  {
    what: 'Programs of the system that run while their file is gone',
    tables: ['processes'],
    needs:
      'Every upgrade does it: osquery says 0 in on_disk of a program that was replaced as well as of one that was deleted. Those in odd places are found.',
  },
  {
    what: 'Overlong environments for programs with the set-user-ID bit',
    tables: ['process_events'],
    needs:
      'The audit of Linux does not tell the environment: env_size is always 0 there. Overlong arguments are found.',
  },
  {
    what: 'Scripts out of /tmp that an interpreter runs',
    tables: ['process_events'],
    needs:
      'The path of such an event is that of the interpreter, and builds, packers and configuration management run scripts there all day.',
  },
  {
    what: 'Interpreters that connect to the internet',
    tables: ['socket_events'],
    needs:
      'A list of what your own scripts connect to: updaters, package managers and SDKs do it all day. Shells that connect are found.',
  },
  {
    what: 'Containers that ask the cloud for credentials',
    tables: ['socket_events'],
    needs: 'The table does not tell which container a process is in.',
  },
  {
    what: 'Listeners on ports that are not allowed',
    tables: ['listening_ports'],
    needs:
      'The list of ports that each kind of host may offer. Ports that do no good anywhere, and listeners in odd places, are found.',
  },
  {
    what: 'Names of banks and shops that lead astray',
    tables: ['etc_hosts'],
    needs: 'A list of names that matter to your people. Names of updates and protection are found.',
  },
  {
    what: 'Programs allowed on /dev/shm and /tmp by their mount options',
    tables: ['mounts'],
    needs: 'A policy: distributions allow it by default. What runs there is found.',
  },
  {
    what: 'Processes that YARA knows',
    tables: ['yara_process'],
    needs:
      'Signatures on the host, and processor time for each scan. Rows of your own queries over YARA tables are found.',
  },
  {
    what: 'Sticks on Macs and Windows hosts',
    tables: ['usb_devices'],
    needs:
      'The class of most devices is told at their interfaces, which the table does not show. Linux tells the driver in hardware_events.',
  },
  {
    what: 'Logins from where a user never came from before, and at hours at which they never work',
    tables: ['last', 'logged_in_users', 'logon_sessions'],
    needs:
      'Memory of the sources and hours of each user, over months. Rules see one row, and pairs look back a day at most. Logins over the network and from outside of the offices are found.',
  },
  {
    what: 'Drivers with known holes, by their hashes',
    tables: ['drivers', 'hash'],
    needs:
      'A list of many hundred hashes that changes weekly, and a hash of every driver file. Those that attackers bring along most are found by their names.',
  },
  {
    what: 'Modules, units and startup items that are not on the list of what belongs there',
    tables: ['kernel_modules', 'systemd_units', 'startup_items'],
    needs:
      'The list, for each kind of host. What is new is kept as a signal; names of rootkits and odd places are found.',
  },
  {
    what: 'Names that a host looks up, such as those of command servers',
    tables: ['dns_resolvers', 'dns_cache'],
    needs:
      'A record of lookups. osquery shows which servers are asked, and on Windows the names in the cache when the query runs, which lack most.',
  },
]

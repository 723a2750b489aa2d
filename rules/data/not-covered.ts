/** Something worth finding that no rule finds, and what it would take. Shown in docs/rules.md. */
export interface NotCovered {
  /** By which the catalogue refers to it. */
  readonly name: string
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
    name: 'hosts-with-one-identity',
    what: 'Two hosts with one hardware UUID, or a host whose serial number is not the one it enrolled with',
    tables: ['system_info'],
    needs:
      'A comparison between hosts. Enrollment knows both numbers of every host, so this is a query over hosts and not a rule over rows, which would have to match every row of every host.',
  },
  {
    name: 'root-without-environment',
    what: 'Processes of root with an empty environment',
    tables: ['processes', 'process_envs'],
    needs: 'A list of the many daemons that clear theirs; the query reads the environment of every process.',
  },
  {
    name: 'replaced-programs',
    what: 'Programs of the system that run while their file is gone',
    tables: ['processes'],
    needs:
      'Every upgrade does it: osquery says 0 in on_disk of a program that was replaced as well as of one that was deleted. Those in odd places are found.',
  },
  {
    name: 'overlong-environments',
    what: 'Overlong environments for programs with the set-user-ID bit',
    tables: ['process_events'],
    needs:
      'The audit of Linux does not tell the environment: env_size is always 0 there. Overlong arguments are found.',
  },
  {
    name: 'scripts-in-tmp',
    what: 'Scripts out of /tmp that an interpreter runs',
    tables: ['process_events'],
    needs:
      'The path of such an event is that of the interpreter, and builds, packers and configuration management run scripts there all day.',
  },
  {
    name: 'interpreters-that-connect',
    what: 'Interpreters that connect to the internet',
    tables: ['socket_events'],
    needs:
      'A list of what your own scripts connect to: updaters, package managers and SDKs do it all day. Shells that connect are found.',
  },
  {
    name: 'containers-that-ask',
    what: 'Containers that ask the cloud for credentials',
    tables: ['socket_events'],
    needs: 'The table does not tell which container a process is in.',
  },
  {
    name: 'ports-by-list',
    what: 'Listeners on ports that are not allowed',
    tables: ['listening_ports'],
    needs:
      'The list of ports that each kind of host may offer. Ports that do no good anywhere, and listeners in odd places, are found.',
  },
  {
    name: 'names-of-banks',
    what: 'Names of banks and shops that lead astray',
    tables: ['etc_hosts'],
    needs: 'A list of names that matter to your people. Names of updates and protection are found.',
  },
  {
    name: 'mount-options',
    what: 'Programs allowed on /dev/shm and /tmp by their mount options',
    tables: ['mounts'],
    needs: 'A policy: distributions allow it by default. What runs there is found.',
  },
  {
    name: 'yara-of-processes',
    what: 'Processes that YARA knows',
    tables: ['yara_process'],
    needs:
      'Signatures on the host, and processor time for each scan. Rows of your own queries over YARA tables are found.',
  },
  {
    name: 'sticks-elsewhere',
    what: 'Sticks on Macs and Windows hosts',
    tables: ['usb_devices'],
    needs:
      'The class of most devices is told at their interfaces, which the table does not show. Linux tells the driver in hardware_events.',
  },
  {
    name: 'logins-out-of-habit',
    what: 'Logins from where a user never came from before, and at hours at which they never work',
    tables: ['last', 'logged_in_users', 'logon_sessions'],
    needs:
      'Memory of the sources and hours of each user, over months. Rules see one row, and pairs look back a day at most. Logins over the network and from outside of the offices are found.',
  },
  {
    name: 'driver-hashes',
    what: 'Drivers with known holes, by their hashes',
    tables: ['drivers', 'hash'],
    needs:
      'A list of many hundred hashes that changes weekly, and a hash of every driver file. Those that attackers bring along most are found by their names.',
  },
  {
    name: 'modules-and-units-by-list',
    what: 'Modules, units and startup items that are not on the list of what belongs there',
    tables: ['kernel_modules', 'systemd_units', 'startup_items'],
    needs:
      'The list, for each kind of host; a name alone proves nothing, for a module may call itself anything. What is new is kept as a signal; modules that nobody signed, names of rootkits, odd places and units that no package brought are found.',
  },
  {
    name: 'lookups',
    what: 'Names that a host looks up, such as those of command servers',
    tables: ['dns_resolvers', 'dns_cache'],
    needs:
      'A record of lookups. osquery shows which servers are asked, and on Windows the names in the cache when the query runs, which lack most.',
  },
  {
    name: 'keys-outside-home',
    what: 'Keys for SSH in files outside of the homes',
    tables: ['authorized_keys'],
    needs:
      'A reader: the table reads the folder .ssh of each home and no other place that sshd_config may name. Changes of sshd_config are found.',
  },
  {
    name: 'sudoers-by-row',
    what: 'Files that are new in sudoers.d, by the table of their lines',
    tables: ['sudoers'],
    needs:
      'Nothing more: the watch over files tells it at once, where the table tells lines, which move between files. Lines that need no password are found in the table.',
  },
  {
    name: 'failures-apart',
    what: 'Failed and successful logins on Linux, told apart by their record',
    tables: ['user_events'],
    needs:
      'The result of the audit record, which osquery drops. Attempts are counted, and a session that opens after many of them is found.',
  },
  {
    name: 'writer-on-a-mac',
    what: 'The program that wrote a list of accounts or sudo on a Mac',
    tables: ['es_process_file_events'],
    needs: 'A record of each write of each program. That such a file changed is found without it.',
  },
  {
    name: 'resolvers-by-list',
    what: 'Name servers that are not on a list',
    tables: ['dns_resolvers'],
    needs: 'The list. Those on the internet that are new to the host are kept as a signal.',
  },
  {
    name: 'gatekeeper-store-only',
    what: 'Gatekeeper that does not trust identified developers',
    tables: ['gatekeeper'],
    needs:
      'Nothing: dev_id_enabled 0 is the stricter setting, which lets only programs of the App Store run.',
  },
  {
    name: 'hidden-by-column',
    what: 'Hidden tasks of Windows by the column that says so',
    tables: ['scheduled_tasks'],
    needs:
      'A right column: hidden says the same as enabled. The registry is asked instead, and tasks without a security descriptor are found there.',
  },
  {
    name: 'known-dlls-list',
    what: 'Names added to KnownDLLs',
    tables: ['registry'],
    needs: 'The list of each build of Windows. Another folder for all of them is found.',
  },
  {
    name: 'full-event-log',
    what: 'Event 1104, the security log is full',
    tables: ['windows_events'],
    needs: 'Nothing: a full log is no attack. Logs that were cleared are found.',
  },
  {
    name: 'everything-autoexec',
    what: 'All that starts by itself on Windows and is unsigned, in one table',
    tables: ['autoexec'],
    needs:
      'The signer, which the table lacks. It joins services, drivers, tasks and startup items; each of them has rules of its own.',
  },
  {
    name: 'firewall-for-users',
    what: 'Firewall rules for programs in any folder of a user',
    tables: ['windows_firewall_rules'],
    needs:
      'Exceptions for games, video calls and developers, which live in AppData and ask for such rules daily. Folders where nobody installs programs are found.',
  },
  {
    name: 'outside-hours',
    what: 'Logons over Remote Desktop outside of working hours',
    tables: ['logon_sessions'],
    needs:
      'The time zone and the hours of each user. Each logon is kept as a signal; those from the internet are found.',
  },
]

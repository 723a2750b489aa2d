/** What others look for with osquery, and what finds it here. Shown in docs/rules.md. */
export interface CatalogueItem {
  /** What is looked for, in a few words. */
  readonly what: string
  /** Ids of the rules and pairs of matches that find it, and of what Margay watches over itself. */
  readonly foundBy: readonly string[]
  /** Name in NOT_COVERED of the part that no rule finds, where there is one. */
  readonly except?: string
}

/**
 * Built from what public packs, queries and rules of other projects look for with osquery, merged to what is found and not
 * how; looked at on 2026-11-24. Rules beyond it are in none of them.
 */
export const CATALOGUE: readonly CatalogueItem[] = [
  {
    what: 'Agent that is outdated, misconfigured or unwatched',
    foundBy: ['agent.outdated', 'agent.config-invalid', 'agent.no-watchdog'],
  },
  { what: 'Queries that are denied because they cost too much', foundBy: ['agent.denied-query'] },
  {
    what: 'Event subscribers that stopped or hear nothing',
    foundBy: ['agent.subscriber-stopped', 'agent.deaf-to-processes'],
  },
  {
    what: 'Flags that blind the agent or lead it elsewhere',
    foundBy: ['agent.blinded-by-flag', 'agent.sends-elsewhere'],
  },
  {
    what: 'Errors, lost events and kills in status logs',
    foundBy: ['agent.many-errors', 'agent.loses-data', 'agent.worker-killed'],
  },
  {
    what: 'Silent hosts, and hosts that share an identity',
    foundBy: ['margay.host-silent', 'margay.feed-silent'],
    except: 'hosts-with-one-identity',
  },
  {
    what: 'Cron jobs that run code from elsewhere',
    foundBy: ['posix.cron-runs-remote-code', 'posix.cron-uses-network'],
  },
  { what: 'Cron jobs that run programs from folders of everyone', foundBy: ['posix.cron-loads-from-tmp'] },
  {
    what: 'Cron jobs at boot and of service accounts',
    foundBy: ['posix.cron-at-boot', 'posix.cron-of-service-account'],
  },
  {
    what: 'New units and startup items',
    foundBy: ['linux.new-unit-by-hand', 'linux.new-startup-item', 'linux.startup-item-in-strange-folder'],
  },
  {
    what: 'Units in strange folders, and units that are not on a list',
    foundBy: ['linux.unit-in-strange-folder', 'linux.new-unit-by-hand'],
    except: 'modules-and-units-by-list',
  },
  {
    what: 'SSH keys that open an account',
    foundBy: ['posix.ssh-key-added', 'posix.ssh-file-changed'],
    except: 'keys-outside-home',
  },
  {
    what: 'Sudo rules that give root away',
    foundBy: ['posix.sudo-without-password', 'posix.account-file-changed'],
    except: 'sudoers-by-row',
  },
  {
    what: 'Set-user-ID programs in odd places, or that can do anything',
    foundBy: ['posix.suid-in-writable-folder', 'posix.suid-of-interpreter'],
  },
  { what: 'Libraries preloaded into every program', foundBy: ['linux.ld-so-preload-written'] },
  { what: 'Changes of PAM', foundBy: ['linux.pam-changed', 'linux.package-change-of-system-files'] },
  { what: 'Changes of shell profiles', foundBy: ['posix.shell-profile-changed'] },
  { what: 'Changes of the files of accounts and sudo', foundBy: ['posix.account-file-changed'] },
  { what: 'Changes of SSH keys and settings in files', foundBy: ['posix.ssh-file-changed'] },
  {
    what: 'Changes of units, init scripts, udev rules and cron folders',
    foundBy: ['linux.startup-file-changed'],
  },
  { what: 'Scripts written under a web root', foundBy: ['posix.web-shell-written'] },
  {
    what: 'Logs and histories deleted or emptied',
    foundBy: ['posix.log-destroyed', 'linux.log-missing', 'posix.logs-wiped'],
  },
  {
    what: 'Kernel modules of rootkits, and those not on a list',
    foundBy: ['linux.rootkit-module', 'linux.kernel-module-loaded', 'linux.kernel-tainted'],
    except: 'modules-and-units-by-list',
  },
  { what: 'Kernel modules that come and go within a minute', foundBy: ['linux.module-comes-and-goes'] },
  { what: 'Kernels tainted by an unsigned module', foundBy: ['linux.kernel-tainted'] },
  {
    what: 'Kernel settings that weaken the host',
    foundBy: ['linux.kernel-defence-off', 'linux.core-pattern-pipe', 'posix.forwards-packets'],
  },
  { what: 'Files of known rootkits', foundBy: ['linux.ossec-rootkit'] },
  {
    what: 'Second roots, new accounts, service accounts with a shell',
    foundBy: ['posix.second-root', 'posix.new-account', 'posix.service-account-shell'],
  },
  { what: 'Accounts that join groups of administrators', foundBy: ['posix.joins-admin-group'] },
  {
    what: 'Accounts without a password, and locked ones that open',
    foundBy: ['linux.empty-password', 'linux.account-opened'],
  },
  {
    what: 'Logins over the network',
    foundBy: ['posix.ssh-login', 'posix.login-from-outside'],
    except: 'logins-out-of-habit',
  },
  {
    what: 'Sessions of root, and users from many hosts',
    foundBy: ['posix.root-session', 'posix.user-from-many-hosts'],
  },
  {
    what: 'Guessed passwords',
    foundBy: ['linux.password-guessing', 'linux.login-after-guessing'],
    except: 'failures-apart',
  },
  {
    what: 'Hostile commands in histories',
    foundBy: ['posix.typed-remote-code', 'posix.history-erased', 'posix.typed-scan'],
  },
  { what: 'Text that is shown backwards', foundBy: ['posix.text-runs-backwards'] },
  {
    what: 'Programs that run from folders of everyone or hidden ones',
    foundBy: ['posix.runs-from-tmp', 'posix.runs-from-odd-place'],
    except: 'scripts-in-tmp',
  },
  { what: 'Reverse shells', foundBy: ['posix.reverse-shell'] },
  {
    what: 'Downloads from odd sources',
    foundBy: ['posix.fetches-from-odd-source', 'posix.runs-fetched-code'],
  },
  {
    what: 'Shells started by servers and documents',
    foundBy: ['posix.server-starts-shell', 'windows.document-starts-shell'],
  },
  {
    what: 'Programs whose file is gone or in memory only',
    foundBy: ['linux.runs-deleted-program'],
    except: 'replaced-programs',
  },
  {
    what: 'Environments that preload a library or drop the history',
    foundBy: ['posix.preloaded-library', 'posix.history-off'],
  },
  {
    what: 'Root below a program of a user',
    foundBy: ['linux.root-child-of-user'],
    except: 'root-without-environment',
  },
  {
    what: 'Exploits for known holes in set-user-ID programs',
    foundBy: ['linux.privilege-exploit'],
    except: 'overlong-environments',
  },
  {
    what: 'Kernel modules loaded from odd places, or of security taken out',
    foundBy: ['linux.module-from-odd-place', 'linux.security-module-unloaded'],
  },
  {
    what: 'Firewalls and guards switched off by a command',
    foundBy: ['linux.firewall-opened', 'linux.protection-stopped'],
  },
  { what: 'Miners', foundBy: ['posix.coin-miner'] },
  {
    what: 'Files made unchangeable, backdated or destroyed',
    foundBy: ['linux.makes-immutable', 'posix.backdates-file', 'posix.logs-wiped'],
  },
  { what: 'Commands that read or send secrets', foundBy: ['posix.reads-secrets', 'posix.sends-secrets'] },
  {
    what: 'Captures, scans and searches for privileges',
    foundBy: ['posix.captures-traffic', 'posix.scans-network', 'linux.hunts-for-privileges'],
  },
  {
    what: 'Cloud credentials asked for by odd programs',
    foundBy: ['linux.odd-program-asks-metadata', 'posix.asks-for-cloud-credentials'],
    except: 'containers-that-ask',
  },
  {
    what: 'Shells and interpreters that connect to the internet',
    foundBy: ['linux.shell-connects-out'],
    except: 'interpreters-that-connect',
  },
  { what: 'Listeners in odd places', foundBy: ['posix.listens-from-odd-place'] },
  { what: 'Programs whose input is a connection', foundBy: ['posix.socket-as-terminal'] },
  { what: 'Shells that hold a connection', foundBy: ['posix.shell-with-connection'] },
  {
    what: 'Services that should not be reachable',
    foundBy: ['posix.exposed-service', 'posix.ssh-listener'],
    except: 'ports-by-list',
  },
  { what: 'Raw sockets of unknown programs', foundBy: ['linux.reads-packets'] },
  { what: 'Hosts files that lead astray', foundBy: ['posix.misled-by-hosts-file'], except: 'names-of-banks' },
  { what: 'Unknown name servers', foundBy: ['linux.new-resolver'], except: 'resolvers-by-list' },
  {
    what: 'Firewalls that let all in or redirect',
    foundBy: ['linux.firewall-lets-all-in', 'linux.traffic-redirected'],
  },
  {
    what: 'Mounts that hide, and folders of other hosts',
    foundBy: ['linux.mount-hides-process', 'linux.remote-mount'],
    except: 'mount-options',
  },
  {
    what: 'Containers with power over their host',
    foundBy: ['linux.privileged-container', 'linux.container-mounts-host', 'linux.container-host-pids'],
  },
  { what: 'Files and processes that YARA knows', foundBy: ['posix.yara-match'], except: 'yara-of-processes' },
  { what: 'Harmful packages of Python and npm', foundBy: ['posix.bad-package'] },
  {
    what: 'System packages: guards removed, back doors, attack tools',
    foundBy: ['linux.security-agent-removed', 'posix.xz-backdoor', 'posix.attack-tool-installed'],
  },
  { what: 'New sources of packages', foundBy: ['linux.new-package-source'] },
  { what: 'Private SSH keys without a passphrase', foundBy: ['posix.unencrypted-ssh-key'] },
  { what: 'New mass storage', foundBy: ['linux.usb-storage'], except: 'sticks-elsewhere' },
  {
    what: 'SELinux and AppArmor: switched off, or denying much',
    foundBy: ['linux.selinux-permissive', 'linux.access-denials'],
  },
  {
    what: 'Odd programs that write accounts or sudoers',
    foundBy: ['linux.writes-account-file'],
    except: 'writer-on-a-mac',
  },
  { what: 'Unencrypted disks of Linux', foundBy: ['linux.root-not-encrypted'] },
  {
    what: 'Launch items that run odd code',
    foundBy: ['macos.launch-item-in-hidden-place', 'macos.launch-item-with-inline-code'],
  },
  { what: 'Launch items that pretend to be Apple’s', foundBy: ['macos.fake-apple-launch-item'] },
  { what: 'Traces of known malware for macOS', foundBy: ['macos.osx-attacks'] },
  { what: 'Application firewall off', foundBy: ['macos.firewall-off'] },
  { what: 'Firewall exceptions for interpreters', foundBy: ['macos.firewall-exception'] },
  { what: 'System Integrity Protection off', foundBy: ['macos.sip-off'] },
  { what: 'Gatekeeper off', foundBy: ['macos.gatekeeper-off'], except: 'gatekeeper-store-only' },
  { what: 'FileVault off', foundBy: ['macos.disk-not-encrypted'] },
  { what: 'New kernel and system extensions', foundBy: ['macos.kernel-extension', 'macos.system-extension'] },
  { what: 'Keyboard taps', foundBy: ['macos.keyboard-listener', 'macos.keyboard-taps'] },
  { what: 'Plugins at login', foundBy: ['macos.authorization-plugin'] },
  { what: 'Login hooks', foundBy: ['macos.login-hook'] },
  {
    what: 'Commands of intruders on Macs',
    foundBy: [
      'macos.keychain-read-by-command',
      'macos.account-made-by-command',
      'macos.protection-switched-off',
      'macos.quarantine-removed',
      'macos.launch-item-made-by-command',
      'macos.script-asks-for-password',
      'macos.script-runs-download',
    ],
  },
  { what: 'Unsigned programs in drop folders', foundBy: ['macos.unsigned-program-from-drop-folder'] },
  { what: 'Many of the tools of intruders in a burst', foundBy: ['macos.tools-in-a-burst'] },
  {
    what: 'Unwanted, sideloaded and powerful Chrome extensions',
    foundBy: [
      'browser.unwanted-chrome-extension',
      'browser.harmful-chrome-extension',
      'browser.sideloaded-chrome-extension',
      'browser.powerful-chrome-extension',
    ],
  },
  {
    what: 'Firefox add-ons and Safari extensions',
    foundBy: ['browser.sideloaded-firefox-addon', 'browser.new-safari-extension'],
  },
  { what: 'New root certificates on Macs', foundBy: ['macos.root-certificate', 'macos.osx-attacks'] },
  {
    what: 'Remote control tools, and apps in odd places',
    foundBy: ['macos.remote-control-tool', 'windows.remote-control-tool', 'macos.app-in-odd-place'],
  },
  { what: 'Reports of XProtect', foundBy: ['macos.xprotect-report'] },
  { what: 'Apps that update over plain HTTP', foundBy: ['macos.insecure-updates'] },
  {
    what: 'Screen lock off, unsupported system',
    foundBy: ['macos.screen-lock-off', 'macos.unsupported-version'],
  },
  { what: 'Services that run odd code', foundBy: ['windows.odd-service'] },
  { what: 'Unquoted service paths', foundBy: ['windows.unquoted-service-path'] },
  { what: 'Security services down', foundBy: ['windows.security-service-down'] },
  { what: 'Scheduled tasks that run odd code', foundBy: ['windows.odd-scheduled-task'] },
  { what: 'Hidden scheduled tasks', foundBy: ['windows.hidden-scheduled-task'], except: 'hidden-by-column' },
  { what: 'Run keys to odd code', foundBy: ['windows.odd-run-key'] },
  { what: 'Winlogon changed', foundBy: ['windows.winlogon-changed'] },
  { what: 'Debuggers in the place of programs', foundBy: ['windows.debugger-hijack'] },
  { what: 'Tools of the logon screen replaced', foundBy: ['windows.accessibility-tool-replaced'] },
  {
    what: 'DLLs loaded into everything or into services of the system',
    foundBy: [
      'windows.appinit-dlls',
      'windows.appcert-dlls',
      'windows.lsa-package',
      'windows.netsh-helper',
      'windows.print-monitor',
      'windows.time-provider',
      'windows.dns-server-plugin',
      'windows.known-dlls-folder',
    ],
    except: 'known-dlls-list',
  },
  {
    what: 'Settings that weaken Windows',
    foundBy: [
      'windows.uac-weakened',
      'windows.wdigest-on',
      'windows.defender-turned-off',
      'windows.amsi-off',
      'windows.smb1-on',
      'windows.remote-desktop-on',
      'windows.powershell-logging-off',
      'windows.lsa-protection-off',
      'windows.defender-exclusion',
    ],
  },
  {
    what: 'PowerShell of attackers',
    foundBy: [
      'windows.powershell-attack-tool',
      'windows.powershell-loads-code',
      'windows.powershell-obfuscated',
      'windows.powershell-runs-what-it-fetches',
    ],
  },
  { what: 'WMI consumers and bindings', foundBy: ['windows.wmi-event-consumer', 'windows.wmi-binding'] },
  {
    what: 'Windows events: logs, audit, accounts, services, tasks, logons, tickets',
    foundBy: [
      'windows.event-log-cleared',
      'windows.audit-policy-weakened',
      'windows.account-created',
      'windows.added-to-administrators',
      'windows.odd-service-installed',
      'windows.odd-task-registered',
      'windows.failed-logons',
      'windows.password-spray',
      'windows.kerberoasting',
    ],
    except: 'full-event-log',
  },
  { what: 'Backups and recovery destroyed', foundBy: ['windows.recovery-destroyed'] },
  {
    what: 'Trusted tools that fetch, documents that start shells',
    foundBy: ['windows.trusted-tool-fetches', 'windows.document-starts-shell'],
  },
  {
    what: 'Processes of Windows with a wrong path or parent',
    foundBy: ['windows.system-process-wrong-path', 'windows.system-process-wrong-parent'],
  },
  { what: 'Traces of known malware for Windows', foundBy: ['windows.known-malware'] },
  { what: 'BitLocker off', foundBy: ['windows.bitlocker-off'] },
  { what: 'Warnings of the Security Center', foundBy: ['windows.security-center-warns'] },
  {
    what: 'Unsigned and vulnerable drivers',
    foundBy: ['windows.unsigned-driver', 'windows.abused-driver'],
    except: 'driver-hashes',
  },
  { what: 'New root certificates on Windows', foundBy: ['windows.new-root-certificate'] },
  {
    what: 'New items that start by themselves',
    foundBy: ['windows.startup-folder', 'windows.odd-run-key'],
    except: 'everything-autoexec',
  },
  {
    what: 'New local administrators, and the guest account',
    foundBy: ['windows.new-local-admin', 'windows.guest-enabled'],
  },
  { what: 'New shares', foundBy: ['windows.new-share'] },
  { what: 'Custom shim databases', foundBy: ['windows.custom-shim'] },
  {
    what: 'Pipes of attackers’ tools',
    foundBy: ['windows.attack-tool-pipe', 'windows.remote-execution-pipe'],
  },
  { what: 'Files renamed in masses', foundBy: ['windows.mass-rename'] },
  {
    what: 'Inbound firewall rules for programs of users',
    foundBy: ['windows.firewall-opened'],
    except: 'firewall-for-users',
  },
  {
    what: 'Logons over Remote Desktop',
    foundBy: ['windows.remote-desktop-logon', 'windows.remote-desktop-from-internet'],
    except: 'outside-hours',
  },
  { what: 'Secure Boot, device guard or TPM off', foundBy: ['windows.platform-security-off'] },
]

/**
 * Programs that watch or protect a host, by their vendors' installation manuals; checked 2026-11-24. osquery itself is among
 * them: whoever removes it is not seen afterwards.
 */

/** Names of packages (deb and rpm). */
export const SECURITY_PACKAGES: readonly string[] = [
  'osquery',
  'orbit-osquery',
  'fleet-osquery',
  'auditd',
  'audit',
  'falcon-sensor',
  'sentinelagent',
  'mdatp',
  'wazuh-agent',
  'ossec-hids-agent',
  'elastic-agent',
  'auditbeat',
  'filebeat',
  'cbagentd',
  'cb-psc-sensor',
  'ds_agent',
  'ds-agent',
  'sysmonforlinux',
  'falco',
  'clamav-daemon',
  'clamd',
  'fail2ban',
  'qualys-cloud-agent',
  'nessusagent',
  'rapid7-insight-agent',
  'velociraptor',
  'apparmor',
  'aide',
  'rsyslog',
]

/** Units of systemd, without `.service`. */
export const SECURITY_UNITS: readonly string[] = [
  'osqueryd',
  'orbit',
  'auditd',
  'falcon-sensor',
  'sentinelone',
  'sentinelagent',
  'mdatp',
  'wazuh-agent',
  'ossec',
  'elastic-agent',
  'auditbeat',
  'filebeat',
  'cbagentd',
  'cbdaemon',
  'ds_agent',
  'sysmon',
  'falco',
  'falco-modern-bpf',
  'clamav-daemon',
  'clamd',
  'fail2ban',
  'qualys-cloud-agent',
  'nessusagent',
  'ir_agent',
  'velociraptor_client',
  'apparmor',
  'rsyslog',
  'syslog-ng',
  'systemd-journald',
]

/** Units of systemd that filter what reaches the host. */
export const FIREWALL_UNITS: readonly string[] = ['firewalld', 'ufw', 'iptables', 'ip6tables', 'nftables']

/** Names of processes (up to 15 characters are kept by the kernel; these are the full names). */
export const SECURITY_PROCESSES: readonly string[] = [
  'osqueryd',
  'orbit',
  'auditd',
  'falcon-sensor',
  'falcond',
  's1-agent',
  's1-orchestrator',
  'wdavdaemon',
  'wazuh-agentd',
  'ossec-agentd',
  'elastic-agent',
  'auditbeat',
  'filebeat',
  'cbagentd',
  'ds_agent',
  'sysmon',
  'falco',
  'clamd',
  'fail2ban-server',
  'qualys-cloud-agent',
  'nessusd',
  'ir_agent',
  'rsyslogd',
  'syslog-ng',
]

/** Modules of the kernel that security products load. */
export const SECURITY_MODULES: readonly string[] = [
  'falcon_lsm_serviceable',
  'falcon_nf_netcontain',
  'falcon_kal',
  'tmhook',
  'bmhook',
  'dsa_filter',
  'redirfs',
  'gsch',
  'cbsensor',
  'scap',
  'falco',
  'sysdig_probe',
  'agentkernelmodule',
  'mfe_fileaccess',
]

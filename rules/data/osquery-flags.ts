/** Flags of osqueryd, after https://osquery.readthedocs.io/en/stable/installation/cli-flags/ and its pages on events. */
export const OSQUERY_FLAGS = {
  checked: '2026-11-24',
  /** Flags that take events away, and the value that does it. */
  blinding: [
    { name: 'disable_events', blind: 'true' },
    { name: 'disable_audit', blind: 'true' },
    { name: 'disable_endpointsecurity', blind: 'true' },
    { name: 'disable_endpointsecurity_fim', blind: 'true' },
    { name: 'audit_allow_process_events', blind: 'false' },
    { name: 'audit_allow_sockets', blind: 'false' },
    { name: 'audit_allow_user_events', blind: 'false' },
    { name: 'enable_file_events', blind: 'false' },
    { name: 'enable_bpf_events', blind: 'false' },
    { name: 'enable_process_etw_events', blind: 'false' },
    { name: 'enable_windows_events_publisher', blind: 'false' },
    { name: 'enable_powershell_events_subscriber', blind: 'false' },
    { name: 'disable_logging', blind: 'true' },
  ],
  /** Flags that say where logs go and who may say so. */
  logging: [
    { name: 'logger_plugin' },
    { name: 'logger_tls_endpoint' },
    { name: 'tls_hostname' },
    { name: 'tls_server_certs' },
    { name: 'config_plugin' },
    { name: 'proxy_hostname' },
  ],
} as const

/** What a flagfile is made of: where the Worker is and what hosts enroll with. */
export interface AgentAddress {
  /** `host` or `host:port`, https only. */
  readonly tlsHostname: string
  readonly enrollSecretPath: string
  /** PEM file to trust, or null for a public certificate. */
  readonly serverCertificates: string | null
}

/**
 * The flags that point osqueryd at the Worker, one a line. Why each is there: small batches keep a post below every
 * limit on its way, `instance` tells cloned machines apart, and without a refresh a host would never see a new rule.
 */
export function osqueryFlags(address: AgentAddress): string[] {
  return [
    `--tls_hostname=${address.tlsHostname}`,
    ...(address.serverCertificates === null ? [] : [`--tls_server_certs=${address.serverCertificates}`]),
    `--enroll_secret_path=${address.enrollSecretPath}`,
    '--enroll_tls_endpoint=/api/v1/osquery/enroll',
    '--config_plugin=tls',
    '--config_tls_endpoint=/api/v1/osquery/config',
    '--config_refresh=300',
    '--config_enable_backup=true',
    '--logger_plugin=tls',
    '--logger_tls_endpoint=/api/v1/osquery/log',
    '--logger_tls_period=10',
    '--logger_tls_max_lines=250',
    '--logger_tls_compress=true',
    '--logger_snapshot_event_type=true',
    '--logger_min_status=1',
    '--host_identifier=instance',
    '--disable_distributed=false',
    '--distributed_plugin=tls',
    '--distributed_tls_read_endpoint=/api/v1/osquery/distributed/read',
    '--distributed_tls_write_endpoint=/api/v1/osquery/distributed/write',
  ]
}

/** The flags of osqueryd that matter to a server; the defaults are osquery's own. */
export interface AgentFlags {
  readonly enrollEndpoint: string
  readonly configEndpoint: string
  readonly logEndpoint: string
  /** `--logger_tls_period`, seconds. */
  readonly logPeriod: number
  readonly logMaxLines: number
  /** `--logger_tls_max_linesize`, bytes. */
  readonly logMaxLineSize: number
  /** `--logger_tls_backoff_max`, seconds. */
  readonly logBackoffMax: number
  readonly logCompress: boolean
  /** `--buffered_log_max`, lines; 0 means no limit. */
  readonly bufferedLogMax: number
  /** `--config_refresh`, seconds; 0 asks once and never again. */
  readonly configRefresh: number
  readonly enrollMaxAttempts: number
  /** `--tls_enroll_max_interval`, seconds. */
  readonly enrollMaxInterval: number
}

export const OSQUERY_DEFAULTS: AgentFlags = {
  enrollEndpoint: '/api/v1/osquery/enroll',
  configEndpoint: '/api/v1/osquery/config',
  logEndpoint: '/api/v1/osquery/log',
  logPeriod: 4,
  logMaxLines: 1024,
  logMaxLineSize: 1_048_576,
  logBackoffMax: 3_600,
  logCompress: false,
  bufferedLogMax: 1_000_000,
  configRefresh: 0,
  enrollMaxAttempts: 12,
  enrollMaxInterval: 600,
}

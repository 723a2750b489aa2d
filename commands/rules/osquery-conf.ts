import * as z from 'zod'
import { compileConfig } from '../../src/agent/config.ts'
import type { Pack } from '../../src/detect/pack.ts'

/** The ways in which hosts that read their configuration from a file can send their logs to Margay. */
export const LOGGERS = ['tls', 'filesystem', 'aws_firehose'] as const
export type Logger = (typeof LOGGERS)[number]

export interface OsqueryConf {
  /** The configuration file, JSON. */
  readonly conf: string
  /** What must stand in the flag file, because osqueryd takes it from there only, or reads it before the configuration. */
  readonly flags: readonly string[]
}

/** Interval of the heartbeat query, seconds: the Worker's default. */
const HEARTBEAT_SECONDS = 300

/** Flags of a configuration that mean something to the TLS logger alone. */
const TLS_ONLY = /^(?:logger_tls_|distributed_)/

const Conf = z.looseObject({ options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) })

/**
 * The configuration that hosts get over TLS, for hosts that read it from a file: the same packs, decorators and paths.
 * Packs for tagged hosts only are left out: a file knows no tags.
 */
export function osqueryConf(packs: readonly Pack[], logger: Logger): OsqueryConf {
  const served = compileConfig(packs, { heartbeatSeconds: HEARTBEAT_SECONDS }).forHost('', []).text
  const { options, ...rest } = Conf.parse(JSON.parse(served))
  const kept = Object.entries(options).filter(([name]) => logger === 'tls' || !TLS_ONLY.test(name))
  const all = Object.fromEntries(
    [...kept, ...Object.entries(OPTIONS[logger])].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
  const ofPacks = packs.flatMap(({ flags = {} }) => Object.entries(flags))
  return {
    conf: `${JSON.stringify({ ...rest, options: all }, null, 2)}\n`,
    flags: [
      ...FLAGS[logger],
      '--config_plugin=filesystem',
      '--config_path=/etc/osquery/osquery.conf',
      // Evented tables read theirs when osqueryd starts.
      ...new Set(ofPacks.map(([name, value]) => `--${name}=${value}`).toSorted()),
    ],
  }
}

const OPTIONS: Readonly<Record<Logger, Readonly<Record<string, string | number>>>> = {
  tls: {},
  filesystem: { logger_path: '/var/log/osquery' },
  aws_firehose: { aws_firehose_period: 10, aws_firehose_stream: 'osquery', aws_region: 'us-east-1' },
}

const FLAGS: Readonly<Record<Logger, readonly string[]>> = {
  tls: [
    '--logger_plugin=tls',
    '--tls_hostname=margay.example.com',
    '--enroll_secret_path=/etc/osquery/enroll_secret',
    '--enroll_tls_endpoint=/api/v1/osquery/enroll',
    '--logger_tls_endpoint=/api/v1/osquery/log',
    '--host_identifier=instance',
  ],
  filesystem: ['--logger_plugin=filesystem', '--host_identifier=uuid'],
  aws_firehose: ['--logger_plugin=aws_firehose', '--host_identifier=uuid'],
}

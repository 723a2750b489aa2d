import { describe, expect, it } from 'vitest'
import { packs } from '../../rules/index.ts'
import { compileConfig } from '../../src/agent/config.ts'
import { pack } from '../../src/detect/pack.ts'
import { LOGGERS, osqueryConf } from './osquery-conf.ts'

const served = JSON.parse(compileConfig(packs, { heartbeatSeconds: 300 }).forHost('', []).text)

describe('osqueryConf', () => {
  it.each(LOGGERS)('holds for %s all that is served over TLS', logger => {
    const { options, ...rest } = JSON.parse(osqueryConf(packs, logger).conf)
    const { options: servedOptions, ...servedRest } = served
    expect(rest).toEqual(servedRest)
    const shared = Object.entries(servedOptions).filter(([name]) => !/^(logger_tls_|distributed_)/.test(name))
    expect(options).toMatchObject(Object.fromEntries(shared))
  })

  it('sends logs by the way that is asked for', () => {
    const optionsOf = (logger: (typeof LOGGERS)[number]) =>
      JSON.parse(osqueryConf(packs, logger).conf).options
    expect(optionsOf('tls')).toEqual(served.options)
    expect(optionsOf('filesystem')).toMatchObject({ logger_path: '/var/log/osquery' })
    expect(optionsOf('aws_firehose')).toMatchObject({ aws_firehose_stream: 'osquery' })
    for (const logger of ['filesystem', 'aws_firehose'] as const) {
      expect(Object.keys(optionsOf(logger)).filter(name => name.includes('tls'))).toEqual([])
    }
    const flags = LOGGERS.map(logger => osqueryConf(packs, logger).flags)
    expect(flags.map(([first]) => first)).toEqual(LOGGERS.map(logger => `--logger_plugin=${logger}`))
  })

  it('names the flags that packs need before osqueryd starts', () => {
    const watching = pack({
      name: 'watching',
      description: '',
      flags: { enable_file_events: true },
      queries: { all: { query: 'SELECT * FROM file_events;', interval: 60 } },
    })
    const { conf, flags } = osqueryConf([watching], 'filesystem')
    expect(flags).toContain('--enable_file_events=true')
    expect(JSON.parse(conf).options).toMatchObject({ enable_file_events: true })
  })
})

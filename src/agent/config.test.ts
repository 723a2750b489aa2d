import { describe, expect, it } from 'vitest'
import { testSettings } from '../../test/world.ts'
import { type Pack, pack } from '../detect/pack.ts'
import { compileConfig } from './config.ts'

const settings = testSettings({ heartbeatSeconds: 77 })
const query = { query: 'SELECT * FROM crontab;', interval: 60 }

const margay = pack({
  name: 'margay',
  description: 'Ours.',
  queries: { heartbeat: { query: 'SELECT 1;', interval: 300, snapshot: true } },
})
const everything = pack({
  name: 'everything',
  description: 'All there is.',
  version: '5.0.0',
  shard: 50,
  discovery: ['SELECT 1;'],
  queries: {
    zulu: {
      ...query,
      removed: false,
      denylist: false,
      version: '4.0.0',
      shard: 10,
      table: 'crontab',
      description: 'x',
    },
    alpha: { ...query, platform: 'linux', snapshot: true },
  },
})
const windows = pack({ name: 'windows', description: '', platform: 'windows', queries: { a: query } })
const posix = pack({ name: 'posix', description: '', platform: 'posix', queries: { a: query } })
const dmz = pack({ name: 'dmz', description: '', tags: ['dmz', 'edge'], queries: { a: query } })
const all = [windows, margay, everything, posix, dmz]

const parsed = (platform: string, tags: readonly string[] = [], packs = all) =>
  JSON.parse(compileConfig(packs, settings).forHost(platform, tags).text)
const names = (platform: string, tags: readonly string[] = []) => Object.keys(parsed(platform, tags).packs)

describe('the config', () => {
  it('holds what osqueryd reads of a pack and nothing of ours', () => {
    expect(parsed('linux').packs.everything).toEqual({
      version: '5.0.0',
      shard: 50,
      discovery: ['SELECT 1;'],
      queries: {
        alpha: { query: query.query, interval: 60, platform: 'linux', snapshot: true },
        zulu: {
          query: query.query,
          interval: 60,
          removed: false,
          denylist: false,
          version: '4.0.0',
          shard: 10,
        },
      },
    })
  })

  it('beats the heart as the settings say', () => {
    expect(parsed('').packs.margay.queries.heartbeat).toMatchObject({ interval: 77, snapshot: true })
  })

  it('names itself in the heartbeat, by what else it says', () => {
    const beat = pack({
      name: 'margay',
      description: 'Ours.',
      queries: { heartbeat: { query: "SELECT 1 AS x, '' AS config_id;", interval: 300, snapshot: true } },
    })
    const withPacks = (...packs: Pack[]) => compileConfig(packs, settings).forHost('', [])
    const config = withPacks(beat)
    expect(config.id).toMatch(/^[0-9a-f]{12}$/)
    expect(JSON.parse(config.text).packs.margay.queries.heartbeat.query).toBe(
      `SELECT 1 AS x, '${config.id}' AS config_id;`,
    )
    expect(withPacks(beat)).toEqual(config)
    expect(withPacks(beat, posix).id).not.toBe(config.id)
  })

  it('is the same text for the same packs, in whatever order they stand', () => {
    const served = compileConfig(all, settings).forHost('darwin', ['dmz'])
    expect(compileConfig(all.toReversed(), settings).forHost('darwin', ['other', 'dmz'])).toEqual(served)
    const configs = compileConfig(all, settings)
    expect(configs.forHost('darwin', ['dmz'])).toEqual(served)
    expect(configs.forHost('darwin', ['dmz'])).toEqual(served)
  })

  it('goes by platform: distributions are Linux, unknown platforms get everything', () => {
    expect(names('ubuntu')).toEqual(['everything', 'margay', 'posix'])
    expect(names('darwin')).toEqual(['everything', 'margay', 'posix'])
    expect(names('windows')).toEqual(['everything', 'margay', 'windows'])
    expect(names('')).toEqual(['everything', 'margay', 'posix', 'windows'])
    expect(Object.keys(parsed('windows').packs.everything.queries)).toEqual(['zulu'])
  })

  it('leaves out a pack none of whose queries is for the platform', () => {
    const linuxOnly = pack({ name: 'lx', description: '', queries: { a: { ...query, platform: 'linux' } } })
    expect(Object.keys(parsed('windows', [], [linuxOnly]).packs)).toEqual([])
  })

  it('gives tagged packs to hosts with one of the tags', () => {
    expect(names('linux', ['edge', 'other'])).toContain('dmz')
    expect(names('linux', ['other'])).not.toContain('dmz')
  })

  it('sets only flags that a config may set, as whole numbers, booleans and texts', () => {
    const { options, decorators } = parsed('')
    // osquery: flags of these families are marked CLI_FLAG and are refused from a config with a warning.
    const cliOnly = /^(tls_|enroll_|config_|carver_|proxy_|logger_plugin|disable_enrollment)/
    for (const [name, value] of Object.entries(options)) {
      expect(name).not.toMatch(cliOnly)
      expect(typeof value !== 'number' || Number.isInteger(value)).toBe(true)
    }
    expect(options).toMatchObject({
      logger_tls_max_lines: 250,
      logger_tls_max_linesize: 1024 * 1024,
      logger_tls_compress: true,
      logger_tls_period: 10,
      logger_snapshot_event_type: true,
      logger_min_status: 1,
    })
    expect(decorators.load).toHaveLength(2)
  })

  it('never grows beyond a few texts, whatever hosts call their platform', () => {
    const configs = compileConfig(all, settings)
    for (let i = 0; i < 1000; i++)
      expect(configs.forHost(`distro-${i}`, [`tag-${i}`])).toEqual(configs.forHost('ubuntu', []))
  })

  describe('of packs that watch files', () => {
    const fim = pack({
      name: 'fim',
      description: '',
      platform: 'linux',
      filePaths: { ssh: ['/root/.ssh/%', '/home/%/.ssh/%'], etc: ['/etc/%'] },
      excludePaths: { etc: ['/etc/adjtime'] },
      flags: { enable_file_events: true },
      queries: { a: query },
    })
    const other = pack({
      name: 'web',
      description: '',
      tags: ['web'],
      filePaths: { ssh: ['/root/.ssh/%', '/srv/.ssh/%'], web: ['/var/www/%%'] },
      flags: { enable_file_events: true, disable_audit: false },
      queries: { a: query },
    })

    it('says what to watch, each path once, and sets the flags for it', () => {
      const config = parsed('ubuntu', ['web'], [other, fim])
      expect(config.file_paths).toEqual({
        etc: ['/etc/%'],
        ssh: ['/home/%/.ssh/%', '/root/.ssh/%', '/srv/.ssh/%'],
        web: ['/var/www/%%'],
      })
      expect(config.exclude_paths).toEqual({ etc: ['/etc/adjtime'] })
      expect(config.options).toMatchObject({ enable_file_events: true, disable_audit: false })
      expect(config.packs.fim).toEqual({ platform: 'linux', queries: { a: query } })
    })

    it('does so only on hosts that get the pack', () => {
      expect(parsed('ubuntu', [], [other, fim]).file_paths).not.toHaveProperty('web')
      const windows = parsed('windows', [], [other, fim])
      expect(windows).not.toHaveProperty('file_paths')
      expect(windows).not.toHaveProperty('exclude_paths')
      expect(windows.options).not.toHaveProperty('enable_file_events')
    })

    it('is the same text in whatever order they stand', () => {
      const served = compileConfig([fim, other], settings).forHost('ubuntu', ['web'])
      expect(compileConfig([other, fim], settings).forHost('ubuntu', ['web'])).toEqual(served)
    })

    it('is refused when packs contradict each other or what every host is told', () => {
      const but = (change: object) => pack({ ...other, name: 'but', tags: ['x'], ...change })
      expect(() => compileConfig([fim, but({ flags: { enable_file_events: false } })], settings)).toThrow(
        'the flag "enable_file_events" is set to true and to false',
      )
      expect(() => compileConfig([but({ flags: { logger_tls_period: 3600 } })], settings)).toThrow(
        'logger_tls_period',
      )
      expect(() => compileConfig([fim, but({ filePaths: { x: ['/etc/%'] } })], settings)).toThrow(
        '"/etc/%" stands in the categories etc and x',
      )
    })
  })
})

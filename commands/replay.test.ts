import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getPlatformProxy } from 'wrangler'
import type { RowId } from '../src/detect/event.ts'
import type { Env } from '../src/env.ts'
import { putSegments, segmentsOf } from '../src/store/lake.ts'
import { eventOf } from '../test/event.ts'
import { applyMigrations } from './local/wrangler.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the command as people do. */
function replay(args: readonly string[], input = '') {
  const command = join(import.meta.dirname, 'replay.ts')
  return spawnSync(process.execPath, [command, ...args], { input, encoding: 'utf8' })
}

const LINE = '{"name":"jobs of all","hostIdentifier":"h","columns":{"command":"/tmp/job"},"action":"added"}'

// Each test starts processes, which takes seconds on a busy machine.
describe('the command', { timeout: 30_000 }, () => {
  it('goes on after a file that cannot be read, and says so by its exit code', () => {
    const conf = join(folder, 'osquery.conf')
    const missing = join(folder, 'missing')
    writeFileSync(conf, '{"schedule":{"jobs of all":{"query":"SELECT command FROM crontab;","interval":60}}}')
    const { stdout, stderr, status } = replay(['--queries', conf, missing, '-'], `${LINE}\n{"broken\n`)
    expect(status).toBe(1)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { kind: 'match', rule: 'posix.cron-loads-from-tmp', file: '-', line: 1 },
      { kind: 'rejected', file: '-', line: 2, reason: 'not_json' },
    ])
    expect(stderr).toContain(`${missing} could not be read: ENOENT`)
    expect(stderr).toContain(
      '1 files (1 more could not be read), 1 records, 1 events, 1 rejected, 1 matches, 0 rule errors\n',
    )
  })

  it('backtests one rule over what the Worker of this machine stored until now', async () => {
    const state = join(folder, 'state')
    await applyMigrations(state)
    const at = Date.now() - 1000
    const bad = eventOf({
      p_row_id: 'bad' as RowId,
      p_event_time: at,
      p_parse_time: at,
      columns: { command: '/tmp/job' },
      decorations: { hostname: 'web-1.example.com' },
    })
    const proxy = await getPlatformProxy<Env>({ persist: { path: join(state, 'v3') }, envFiles: [] })
    await putSegments(proxy.env.BUCKET, await segmentsOf([bad, eventOf({ p_parse_time: at })]))
    await proxy.dispose()

    const rule = ['--rule', 'posix.cron-loads-from-tmp']
    const found = replay(['--lake', '1h', 'now', '--state', state, ...rule])
    expect(found.stderr).toBe('1 segments, 2 events, 0 rejected, 1 matches, 0 rule errors\n')
    expect(JSON.parse(found.stdout)).toMatchObject({
      kind: 'match',
      title: expect.stringContaining('/tmp/job'),
    })
    expect(found.status).toBe(0)
    expect(replay(['--lake', '2d', '1d', '--state', state]).stderr).toMatch(/^0 segments, 0 events/)
  })

  it('says when there is no lake', () => {
    const nowhere = replay(['--lake', '1h', 'now', '--state', join(folder, 'nowhere')])
    expect(nowhere).toMatchObject({ status: 1, stdout: '' })
    expect(nowhere.stderr).toContain('the lake could not be read: nothing is stored on this machine')
    const from = replay(['--lake', '1h', 'now', '--from', join(folder, 'nowhere')])
    expect(from).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the lake could not be read: ENOENT'),
    })
  })

  it.each([
    [['--lake', '1h'], /--lake takes two times/],
    [['--lake', 'yesterday', 'now'], /"yesterday" is no time/],
    [['--from', 'x', '-'], /--from goes with --lake/],
    [['--rule', 'posix.nothing', '-'], /there is no rule "posix\.nothing"/],
  ])('refuses %j', (args, reason) => {
    expect(replay(args)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(reason) })
  })

  it('says how it is used', () => {
    expect(replay(['--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: npm run replay/),
    })
    expect(replay(['--nothing', '-'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining("Unknown option '--nothing'"),
    })
    expect(replay([])).toMatchObject({ status: 2, stdout: '' })
  })
})

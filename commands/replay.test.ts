import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

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

describe('the command', () => {
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

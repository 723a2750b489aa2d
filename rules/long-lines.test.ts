import { describe, expect, it } from 'vitest'
import { createEngine } from '../src/detect/engine.ts'
import type { HostFacts, HostId, OsqueryEvent } from '../src/detect/event.ts'
import { createNormalizer } from '../src/ingest/normalize.ts'
import { exceptions, rules, sequences } from './index.ts'

/**
 * Nobody gets past a rule, and nobody keeps a Worker busy, by a long line: half a megabyte (osquery sends twice
 * as much) of whatever makes reading command lines hard.
 */

const BYTES = 500_000
const NOW = Date.UTC(2026, 10, 24, 12)
const HOST: HostFacts = { id: 'host-1' as HostId, name: 'web-1', platform: 'ubuntu', tags: [] } // any text is an id

const engine = createEngine(rules, exceptions, sequences)
const normalizer = createNormalizer([])

const PIECES = {
  words: 'a ',
  pipes: 'a|',
  lists: 'a;',
  redirections: '<a ',
  variables: 'PATH=/a:/b ',
  quotes: `'" \` `,
  substitutions: '$(a ',
  shells: `sh -c "`,
  folders: 'cd a;',
  escapes: '\\n ',
  carets: '^',
  percents: '%a%',
  parents: '../',
} as const

/** Rows of tables whose rules read command lines, with the line in each column that may hold one. */
const ROWS: Readonly<Record<string, (line: string) => Record<string, string>>> = {
  crontab: line => ({ command: line, path: '/etc/cron.d/x' }),
  process_events: line => ({ cmdline: line, path: '/bin/sh', pid: '1', parent: '2', uid: '0' }),
  shell_history: line => ({
    command: line,
    history_file: '/root/.bash_history',
    uid: '0',
    time: `${NOW / 1000}`,
  }),
  startup_items: line => ({ path: line, args: line, name: 'x' }),
  launchd: line => ({ program: line, program_arguments: line, path: '/Library/LaunchDaemons/x.plist' }),
  scheduled_tasks: line => ({ action: line, name: 'x', path: '\\x', enabled: '1' }),
  services: line => ({ path: line, name: 'x', start_type: 'AUTO_START' }),
  powershell_events: line => ({ script_text: line, cosine_similarity: '0.1' }),
}

function eventsOf(table: string, columns: Record<string, string>): readonly OsqueryEvent[] {
  const events: OsqueryEvent[] = []
  const record = {
    name: `pack_x_${table}`,
    unixTime: NOW / 1000,
    epoch: 0,
    counter: 1,
    action: 'added',
    columns,
  }
  normalizer.post({ hostId: HOST.id, receivedAt: NOW }).add(record, false, events)
  return events
}

describe('a line of half a megabyte', () => {
  for (const [what, piece] of Object.entries(PIECES)) {
    it(`of ${what} leaves every rule able to judge it`, () => {
      const line = piece.repeat(BYTES / piece.length)
      for (const [table, columns] of Object.entries(ROWS)) {
        const findings = eventsOf(table, columns(line)).flatMap(event => engine.evaluate(event, HOST))
        // A context may be too large to be kept; the match stands without it.
        const failed = findings.filter(
          ({ kind, ...rest }) => kind === 'rule_error' && 'stage' in rest && rest.stage !== 'context',
        )
        expect(failed.map(({ title }) => title)).toEqual([])
      }
    })
  }

  it('does not hide what stands behind it', () => {
    const line = `true ${'a '.repeat(BYTES / 2)}; /tmp/x`
    const findings = eventsOf('crontab', { command: line, path: '/var/spool/cron/root' }).flatMap(event =>
      engine.evaluate(event, HOST),
    )
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'match', ruleId: 'posix.cron-loads-from-tmp' }),
    )
  })
})

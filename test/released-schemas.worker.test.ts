import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { alertIdOf, groupIdOf } from '../src/alerts/identity.ts'
import { intakeFindings } from '../src/alerts/intake.ts'
import { runJobs } from '../src/cron.ts'
import { routing as routingOf } from '../src/detect/routing.ts'
import type { World } from '../src/env.ts'
import { consumeIngest } from '../src/ingest/consume.ts'
import { alertById, listAlerts } from '../src/store/alerts.ts'
import {
  alerts,
  calm,
  routing as destinations,
  freshAlerting,
  message,
  newWorld,
  pagerDuty,
  run,
} from './alerting.ts'
import { detectionOf, lines } from './consumer.ts'
import { matchOf } from './findings.ts'
import { gzipPost, inlinePost, queued } from './ingest-batch.ts'
import { TEST_NOW } from './world.ts'

beforeEach(freshAlerting)

const RULE = 'posix.cron-fetches-code'
const DEDUP = 'host-1'
const ALERT = alertIdOf('match', RULE, DEDUP, 1)
const PARKED = alertIdOf('match', RULE, 'host-2', 1)
/** As all versions kept the event of a match. */
const EVENT = '{"name":"pack_incident-response_crontab","action":"added","columns":{"command":"curl x | sh"}}'
const BEFORE = TEST_NOW - 10 * 60_000
const routing = routingOf({ destinations })

/**
 * What the code of each schema wrote, in the words of that schema: the rows of its tables, and what it put in the columns that
 * came with it. Never change what is in it; add to it with each migration that code was released with.
 */
const WRITTEN_BY: readonly ((groupId: string) => readonly string[])[] = [
  groupId => [
    `INSERT INTO hosts (host_id, instance_id, host_identifier, hostname, platform, enroll_label, tags, enrolled_at,
       last_enroll_at, last_pulse_at, last_seen_at, silence_state, silence_since, silence_episode)
     VALUES ('host-1', 'i-1', 'web-1.example.com', 'web-1.example.com', 'ubuntu', 'default', '["default"]', ${BEFORE},
       ${BEFORE}, ${BEFORE}, ${BEFORE}, 'live', ${BEFORE}, 0)`,
    `INSERT INTO hosts (host_id, hostname, enrolled_at, last_enroll_at, last_seen_at, silence_state, silence_since)
     VALUES ('host-2', 'web-2.example.com', ${BEFORE}, ${BEFORE}, ${BEFORE}, 'new', ${BEFORE})`,
    `INSERT INTO alerts (alert_id, kind, rule_id, dedup, episode, status, severity, title, host_id, hostname, first_row_id,
       event_count, first_event_at, last_event_at, created_at, updated_at)
     VALUES ('${ALERT}', 'match', '${RULE}', '${DEDUP}', 1, 'open', 'high', 'Waiting', 'host-1', 'web-1.example.com',
       '0000000000001-0', 1, ${BEFORE}, ${BEFORE}, ${BEFORE}, ${BEFORE}),
     ('${PARKED}', 'match', '${RULE}', 'host-2', 1, 'open', 'high', 'Parked', 'host-2', 'web-2.example.com',
       '0000000000009-0', 1, ${BEFORE}, ${BEFORE}, ${BEFORE}, ${BEFORE})`,
    `INSERT INTO windows (group_id, kind, rule_id, dedup, episode, alert_id, started_at, match_count, alerted, version)
     VALUES ('${groupId}', 'match', '${RULE}', '${DEDUP}', 1, '${ALERT}', ${BEFORE}, 1, 1, 1)`,
    `INSERT INTO matches (rule_id, kind, p_row_id, alert_id, p_host_id, p_event_time, matched_at, severity, title, event)
     VALUES ('${RULE}', 'match', '0000000000001-0', '${ALERT}', 'host-1', ${BEFORE}, ${BEFORE}, 'high', 'Waiting', '${EVENT}'),
     ('${RULE}', 'match', '0000000000009-0', '${PARKED}', 'host-2', ${BEFORE}, ${BEFORE}, 'high', 'Parked', '${EVENT}')`,
    `INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at, attempts, reason)
     VALUES ('${ALERT}.pagerduty.trigger', '${ALERT}', 'pagerduty', 'trigger', 1, 'pending', ${BEFORE}, ${BEFORE}, 0, ''),
     ('${PARKED}.pagerduty.trigger', '${PARKED}', 'pagerduty', 'trigger', 1, 'parked', ${BEFORE}, ${BEFORE}, 1, 'HTTP 400')`,
    `INSERT INTO timeline VALUES ('${ALERT}', ${BEFORE}, '1-created', 'created', 'why')`,
    `INSERT INTO counters VALUES (${Math.floor(BEFORE / 60_000)}, 'events', '', 7)`,
    `INSERT INTO quarantine (quarantine_id, quarantined_at, host_id, reason, byte_count, r2_key)
     VALUES ('q1', ${BEFORE}, 'host-1', 'not_json', 3, 'quarantine/q1')`,
    `INSERT INTO states VALUES ('feed', '{"phase":"flowing","episode":4,"evaluatedAt":${BEFORE}}', 3)`,
  ],
  () => [`UPDATE matches SET sequence_key = 'host-1', sequence_time = ${BEFORE}`],
  () => [
    `INSERT INTO pagerduty_incidents VALUES ('${PARKED}', 'PINCIDENT', ${BEFORE})`,
    `INSERT INTO pagerduty_webhooks VALUES ('w1', ${BEFORE})`,
    `UPDATE deliveries SET ambiguous_at = ${BEFORE} WHERE alert_id = '${PARKED}'`,
  ],
  () => [
    'UPDATE windows SET carried_count = 0',
    `INSERT INTO alert_hosts VALUES ('${ALERT}', 'host-2')`,
    `UPDATE alerts SET host_count = 2 WHERE alert_id = '${ALERT}'`,
    `INSERT INTO storms VALUES ('match', '${RULE}', 'high', ${BEFORE}, 2, 0, '', 0, 0, 0, 1)`,
  ],
  () => [
    `INSERT INTO silences VALUES ('s1', '{"host":"nobody"}', ${BEFORE}, ${TEST_NOW + 60_000}, 'a', 'c', ${BEFORE}, NULL, NULL)`,
    `INSERT INTO audit VALUES ('a1', ${BEFORE}, 'someone', 'silence', 's1', '')`,
  ],
  () => [
    `INSERT INTO broken_destinations VALUES ('slack', 'f', 'HTTP 403', 'd', 0, ${BEFORE}, ${BEFORE}, NULL)`,
  ],
  () => [
    "UPDATE hosts SET class_guess = 'server', class_reason = 'Its platform is a server.', served_config = 'c1'",
    `INSERT INTO query_sightings (host_id, query, last_at, seen) VALUES ('host-1', 'pack_a_b', ${BEFORE}, 3)`,
  ],
  () => ['UPDATE query_sightings SET pulses = 5'],
]

/** Pauses take no time, deadlines don't strike. */
const pausing: World['sleep'] = ms => (ms < 5_000 ? Promise.resolve() : new Promise(() => {}))

describe('F17: a database of every released schema', () => {
  it('has rows here for each of them', () => {
    expect(WRITTEN_BY).toHaveLength(env.TEST_MIGRATIONS.length)
  })

  it.each(WRITTEN_BY.map((_, n) => n + 1))(
    'of %i migrations, filled by its code, works after the rest',
    async count => {
      await reset()
      await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, count))
      const rows = WRITTEN_BY.slice(0, count).flatMap(written => written(groupIdOf('match', RULE, DEDUP)))
      await env.DB.batch(rows.map(row => env.DB.prepare(row)))
      await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)

      const world = newWorld()
      // What waited is told, what grew is counted on, what was parked can be sent.
      expect(await run(world, message(ALERT, 'trigger'))).toEqual(['acked'])
      const { statements } = await intakeFindings(world, [matchOf(1), matchOf(2)], routing, new Map())
      await env.DB.batch([...statements])
      expect(await alertById(env.DB, ALERT)).toMatchObject({ status: 'open', eventCount: 2 })
      await env.DB.prepare("UPDATE deliveries SET state = 'pending' WHERE state = 'parked'").run()
      expect(await run(world, message(PARKED, 'trigger'))).toEqual(['acked'])
      expect(pagerDuty.incidents.map(({ summary }) => summary)).toEqual([
        expect.stringContaining('Waiting'),
        expect.stringContaining('Parked'),
      ])
      // Hosts that enrolled then are heard now, and every job does its work.
      const post = queued(inlinePost(gzipPost(lines('evil', 'harmless')), { host: 'host-1' }))
      await consumeIngest({ messages: [post] }, { ...world, sleep: pausing }, detectionOf())
      expect(post.fate()).toEqual({ kind: 'acked' })
      await runJobs(world, routing)
      await calm(world)
      expect(world.logged.filter(({ event }) => /fail|error|unreadable/.test(event))).toEqual([])
      expect((await listAlerts(env.DB, { rule: 'test.evil' }, null, 10))?.items).toHaveLength(1)
      expect(await env.DB.prepare('SELECT count(*) AS n FROM events').first('n')).toBe(2)
      expect(alerts.waiting).toEqual([])
    },
  )
})

import { routing as routingOf } from '../../src/detect/routing.ts'
import type { World } from '../../src/env.ts'
import { Chunk } from '../../src/ingest/chunk.ts'
import { planContacts } from '../../src/ingest/contacts.ts'
import { checkSilence } from '../../src/staleness/check.ts'
import { watchedHostOf } from '../../src/staleness/host-row.ts'
import { silencePolicy } from '../../src/staleness/policy.ts'
import { thresholdMs } from '../../src/staleness/threshold.ts'
import type { Vitals } from '../../src/staleness/vitals.ts'
import { readVitals, vitalsText } from '../../src/staleness/vitals-text.ts'
import { insertAlerts } from '../../src/store/alerts.ts'
import { markCanarySeen, markCanaryStored } from '../../src/store/canary.ts'
import { addToCounters, type CounterName, minuteOf } from '../../src/store/counters.ts'
import { noteClassGuesses } from '../../src/store/host-class.ts'
import { setHostTags } from '../../src/store/host-marks.ts'
import type { HostSilenceRow } from '../../src/store/host-silence.ts'
import { enrollHost, type Touch, touchHosts, touchIntervalMs, touchIntervals } from '../../src/store/hosts.ts'
import { assertVitalsAsRead, readKnownHosts } from '../../src/store/vitals.ts'
import { alertOf } from '../alert.ts'
import { failingD1 } from '../faults.ts'
import { heldQueue } from '../held-queue.ts'
import { worldFor } from '../world.ts'
import type { FleetHost } from './fleet.ts'
import { guessOf } from './host-facts.ts'
import { contactOf } from './memory-host.ts'
import { SETTINGS } from './settings.ts'
import { WEEK_START } from './span.ts'
import type { Ledger, Taken, Told } from './week.ts'

const INTERVALS = touchIntervals(SETTINGS)
const routing = routingOf({ destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }] })

/** The fleet in tables, through the statements of the consumer, the config route and cron. */
export class SqlLedger implements Ledger {
  readonly #db: D1Database
  readonly #world: World
  readonly #enrolled = new Set<string>()
  /** Status of every alert about silence, as it was last seen. */
  readonly #statuses = new Map<string, string>()
  #now = WEEK_START

  constructor(db: D1Database) {
    this.#db = db
    // Nothing here touches R2, the ingest queue or the network.
    const bindings = {
      DB: db,
      BUCKET: {} as R2Bucket,
      INGEST: heldQueue<never>().queue,
      ALERTS: heldQueue<never>().queue,
    }
    this.#world = { ...worldFor(bindings, { settings: SETTINGS }), now: () => this.#now }
  }

  async remember(host: FleetHost, enrolledAt: number, vitals: Vitals): Promise<void> {
    await this.#enroll(host, enrolledAt)
    const lastAt = vitals.contacts.lastAt ?? 0
    await this.#db
      .prepare(
        `UPDATE hosts SET vitals = ?2, last_pulse_at = ?3, last_result_at = ?4, silence_state = 'stale', silence_since = ?4
         WHERE host_id = ?1`,
      )
      .bind(host.hostId, vitalsText(vitals), vitals.pulses.lastAt, lastAt)
      .run()
  }

  async take(taken: readonly Taken[]): Promise<void> {
    const chunk = new Chunk()
    const configured: Touch[] = []
    const counted: { minute: number; name: CounterName; label: string; value: number }[] = []
    for (const { host, arrival } of taken) {
      const { hostId } = host
      const { kind, at } = arrival
      if (kind === 'enroll' || !this.#enrolled.has(hostId)) await this.#enroll(host, at)
      if (kind === 'refused')
        counted.push({ minute: minuteOf(at), name: 'posts_refused', label: '', value: 1 })
      if (kind === 'config') configured.push({ hostId, channel: 'config', at })
      if (arrival.kind !== 'log') continue
      counted.push({ minute: minuteOf(at), name: 'posts', label: '', value: 1 })
      chunk.touch(hostId, 'result', at)
      for (const pulse of contactOf(at, arrival.pulses).pulses) {
        chunk.touch(hostId, 'pulse', at)
        chunk.addPulse(hostId, at, pulse)
      }
    }
    const db = this.#db
    // Each request by a statement of its own, as the config route does it.
    await db.batch([
      ...configured.map(touch => touchHosts(db, [touch], INTERVALS)),
      addToCounters(db, counted),
    ])
    await this.#commit(chunk)
  }

  /** As the consumer does. */
  async #commit(chunk: Chunk): Promise<void> {
    const ids = [...new Set(chunk.touches.map(({ hostId }) => hostId))]
    const known = await readKnownHosts(this.#db, ids)
    const { touches, asRead } = planContacts(chunk, known, INTERVALS, touchIntervalMs(SETTINGS))
    if (touches.length === 0) return
    await this.#db.batch([...assertVitalsAsRead(this.#db, asRead), touchHosts(this.#db, touches, INTERVALS)])
  }

  async #enroll(host: FleetHost, at: number): Promise<void> {
    const { hostId, hostname, platform, tags } = host
    const unsaid = { instanceId: '', hardwareUuid: '', hardwareSerial: '', osName: '', osVersion: '' }
    await enrollHost(this.#db, {
      ...unsaid,
      hostId,
      hostname,
      hostIdentifier: hostname,
      platform,
      osqueryVersion: '5.23.1',
      label: tags[0] ?? '',
      details: '{}',
      at,
    })
    if (this.#enrolled.has(hostId)) return
    this.#enrolled.add(hostId)
    const guess = guessOf(host)
    await this.#db.batch([
      setHostTags(this.#db, hostId, tags),
      ...(guess === null ? [] : [noteClassGuesses(this.#db, [{ ...guess, hostId }])]),
    ])
  }

  async canaryCameRound(at: number): Promise<void> {
    await this.#db.batch([markCanaryStored(this.#db, at), markCanarySeen(this.#db, at)])
  }

  async alarm({ hostId, hostname }: FleetHost, at: number): Promise<void> {
    const alert = alertOf({ alertId: `alarm-${hostId}`, hostId, hostname, createdAt: at, severity: 'high' })
    await insertAlerts(this.#db, JSON.stringify([alert])).run()
  }

  async check(now: number, how: 'well' | 'overlapping' | 'failing'): Promise<readonly Told[]> {
    this.#now = now
    const world =
      how === 'failing' ? { ...this.#world, db: failingD1(this.#db, { failAt: 0 }).store } : this.#world
    const runs = how === 'overlapping' ? [1, 2] : [1]
    await Promise.all(runs.map(() => checkSilence(world, routing)))
    return await this.#news(now)
  }

  /** What became of alerts since the last look. */
  async #news(now: number): Promise<readonly Told[]> {
    const { results } = await this.#db
      .prepare(
        `SELECT alert_id, rule_id, dedup, severity, status, title FROM alerts
         WHERE kind = 'silence' AND (status <> 'resolved' OR updated_at >= ?1)`,
      )
      .bind(now)
      .all<AlertRow>()
    return results.flatMap(row => {
      const before = this.#statuses.get(row.alert_id)
      this.#statuses.set(row.alert_id, row.status)
      if (before === row.status || (before === undefined && row.status === 'resolved')) return []
      const what = row.status === 'resolved' ? 'resolves' : before === undefined ? 'opens' : 'reopens'
      const { rule_id: ruleId, dedup: about, severity, title: reason } = row
      return [{ at: now, what, ruleId, severity, about, reason, dueAt: now }]
    })
  }

  async thresholdMs({ hostId }: FleetHost, now: number): Promise<number> {
    const row = await this.#row(hostId)
    const [host] = row === null ? [] : watchedHostOf(row)
    return host === undefined ? 0 : thresholdMs(host, silencePolicy(SETTINGS), now)
  }

  async vitals({ hostId }: FleetHost): Promise<Vitals> {
    return readVitals((await this.#row(hostId))?.vitals ?? '')
  }

  async #row(hostId: string): Promise<HostSilenceRow | null> {
    return await this.#db
      .prepare('SELECT * FROM hosts WHERE host_id = ?1')
      .bind(hostId)
      .first<HostSilenceRow>()
  }
}

interface AlertRow {
  readonly alert_id: string
  readonly rule_id: string
  readonly dedup: string
  readonly severity: string
  readonly status: string
  readonly title: string
}

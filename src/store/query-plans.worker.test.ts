import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import { countAlertHosts } from './alert-hosts.ts'
import { extendAlert, growAlerts, retellResolved, selectAlertOfDelivery } from './alerts.ts'
import {
  noteRefusal,
  probeAtOnce,
  redriveOneToProbe,
  selectRefusingOfDelivery,
} from './broken-destinations.ts'
import { takeTurn } from './budgets.ts'
import { insertFollowUps, insertTriggersAgain, selectPairOfDelivery } from './deliveries.ts'
import {
  claimDelivery,
  selectExpiredLeases,
  selectFollowing,
  selectOverdue,
  selectPauseOfDelivery,
  settleDelivery,
} from './delivery-attempts.ts'
import { holdForSlot, releaseSilenced, selectHold, silenceDelivery } from './delivery-holds.ts'
import { selectUntold } from './fail-over.ts'
import { selectRecentTraffic, selectUsualTraffic } from './feed-traffic.ts'
import { assertHostsAsRead, moveHosts, selectAlarms, selectHostsOfInterest } from './host-silence.ts'
import { redriveParked } from './mass-redrive.ts'
import {
  assertMatchesUnknown,
  selectFirstEventOfDelivery,
  selectKnownMatches,
  selectKnownUniqueValues,
} from './matches.ts'
import { selectUnconfirmed } from './pagerduty-confirmations.ts'
import {
  assertLatestParts,
  assertUncompletedParts,
  selectLatestParts,
  selectMatchEvents,
  selectUncompletedParts,
} from './sequences.ts'
import { expireSilence, selectSilencesAt } from './silences.ts'
import { assertStandings, openAlertsAgain, selectStandings } from './standings.ts'
import { assertStormVersions, growStorms, selectQuietStorms, selectStorms } from './storms.ts'
import { planUpdates, repeatCriticals } from './updates.ts'
import { assertWindowVersions, selectWindows } from './windows.ts'

beforeEach(freshStorage)

/** A database that explains what it would do instead of doing it. */
function explaining(): D1Database {
  return new Proxy(env.DB, {
    get: (db, name) =>
      name === 'prepare'
        ? (sql: string) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`)
        : Reflect.get(db, name).bind(db),
  })
}

async function planOf(statement: D1PreparedStatement): Promise<readonly string[]> {
  const { results } = await statement.all<{ detail: string }>()
  return results.map(({ detail }) => detail)
}

const db = explaining()
const lease = { token: 't', now: 1, expiresAt: 2 }
const [repeats = selectWindows(db, ''), repeatsTold = repeats] = repeatCriticals(db, 1, 1)
const refusal = {
  destination: 'slack',
  fingerprint: 'f',
  deliveryId: 'd',
  reason: '',
  isCertain: false,
  at: 1,
  probeAt: 2,
}
const end = { state: 'pending', nextAttemptAt: 1, responseStatus: null, reason: '' } as const

describe('statements of the hot path', () => {
  it.each([
    ['selectKnownMatches', selectKnownMatches(db, '[]')],
    ['assertMatchesUnknown', assertMatchesUnknown(db, '[]')],
    ['selectKnownUniqueValues', selectKnownUniqueValues(db, '[]')],
    ['selectLatestParts', selectLatestParts(db, '[]')],
    ['selectUncompletedParts', selectUncompletedParts(db, '[]')],
    ['assertLatestParts', assertLatestParts(db, '[]')],
    ['assertUncompletedParts', assertUncompletedParts(db, '[]')],
    ['selectMatchEvents', selectMatchEvents(db, '[]')],
    ['selectWindows', selectWindows(db, '[]')],
    ['assertWindowVersions', assertWindowVersions(db, '[]')],
    ['growAlerts', growAlerts(db, '[]')],
    ['countAlertHosts', countAlertHosts(db, '[]')],
    ['selectStandings', selectStandings(db, '[]', 1)],
    ['assertStandings', assertStandings(db, '[]')],
    ['openAlertsAgain', openAlertsAgain(db, '[]')],
    ['insertTriggersAgain', insertTriggersAgain(db, '[]')],
    ['selectStorms', selectStorms(db, '[]')],
    ['selectQuietStorms', selectQuietStorms(db, 1, 1)],
    ['assertStormVersions', assertStormVersions(db, '[]')],
    ['growStorms', growStorms(db, '[]')],
    ['planUpdates', planUpdates(db, '[]', 1)],
    ['repeatCriticals, deliveries', repeats],
    ['repeatCriticals, timeline', repeatsTold],
    ['insertFollowUps', insertFollowUps(db, 'a', 'resolve', 1, ['open'])],
    ['selectPairOfDelivery', selectPairOfDelivery(db, 'd')],
    ['selectAlertOfDelivery', selectAlertOfDelivery(db, 'd')],
    ['selectFirstEventOfDelivery', selectFirstEventOfDelivery(db, 'd')],
    ['selectPauseOfDelivery', selectPauseOfDelivery(db, 'd')],
    ['claimDelivery', claimDelivery(db, 'd', lease)],
    ['settleDelivery', settleDelivery(db, 'd', 't', 1, end)],
    ['selectFollowing', selectFollowing(db, 'd')],
    ['selectOverdue', selectOverdue(db, 1, 1)],
    ['selectHold', selectHold(db, 'd')],
    ['silenceDelivery', silenceDelivery(db, 'd', { silenceId: 's', endsAt: 2 }, 1)],
    ['releaseSilenced', releaseSilenced(db, 's', 1)],
    ['holdForSlot', holdForSlot(db, 'd', 0, 1)],
    ['takeTurn', takeTurn(db, { name: 'slack', sends: 3, windowMs: 4_000 }, 1, true)],
    ['selectUntold', selectUntold(db, 'pagerduty', 'slack', { since: 1, by: 2 }, 1)],
    ['selectUnconfirmed', selectUnconfirmed(db, ['pagerduty'], { from: 1, to: 2 }, 1)],
    ['selectRefusingOfDelivery', selectRefusingOfDelivery(db, 'd')],
    ['noteRefusal', noteRefusal(db, refusal)],
    ['redriveOneToProbe', redriveOneToProbe(db, { destination: 'slack', since: 1 }, 1)],
    ['probeAtOnce', probeAtOnce(db, 'd', 1)],
    ['redriveParked', redriveParked(db, 'pagerduty', { from: 1, before: 2 }, 1, 1)],
    ['selectSilencesAt', selectSilencesAt(db, 1)],
    ['expireSilence', expireSilence(db, 's', 1, 'b')],
    ['selectExpiredLeases', selectExpiredLeases(db, 1, 1)],
    ['extendAlert', extendAlert(db, { alertId: 'a', title: 't', context: '{}', count: 1, at: 1 })],
    ['retellResolved', retellResolved(db, { alertId: 'a', title: 't', context: '{}', at: 1 })],
    ['selectRecentTraffic', selectRecentTraffic(db, 1, 5)],
    ['selectUsualTraffic', selectUsualTraffic(db, 1)],
    ['selectAlarms', selectAlarms(db, 1, 1)],
    ['assertHostsAsRead', assertHostsAsRead(db, [])],
    ['moveHosts', moveHosts(db, [])],
  ])('%s reads no table from end to end', async (_, statement) => {
    const details = await planOf(statement)
    // `e`, `due`, `refused` and the subqueries are what a LIMIT left; `minutes` are those that were asked for.
    const bounded = /VIRTUAL TABLE|CONSTANT ROW|^SCAN (?:e|due|refused|minutes|\(subquery-\d+\))$/
    expect(details.filter(detail => detail.startsWith('SCAN') && !bounded.test(detail))).toEqual([])
    expect(details.filter(detail => detail.includes('AUTOMATIC'))).toEqual([])
  })

  it.each([
    ['selectLatestParts', selectLatestParts(db, '[]')],
    ['selectUncompletedParts', selectUncompletedParts(db, '[]')],
    ['assertLatestParts', assertLatestParts(db, '[]')],
    ['assertUncompletedParts', assertUncompletedParts(db, '[]')],
  ])('%s goes by the index of sequences, in its order', async (_, statement) => {
    const details = (await planOf(statement)).join('\n')
    expect(details).toContain(
      'matches_by_sequence (rule_id=? AND sequence_key=? AND sequence_time>? AND sequence_time<?)',
    )
    expect(details).not.toContain('TEMP B-TREE FOR ORDER BY')
  })

  it('look for the latest refusals of a destination in the order of their index', async () => {
    const details = (await planOf(noteRefusal(db, refusal))).join('\n')
    expect(details).toContain('deliveries_due (state=? AND next_attempt_at>?)')
    expect(details).not.toContain('TEMP B-TREE FOR ORDER BY')
  })

  it('find the values of a window by their own index', async () => {
    expect((await planOf(selectKnownUniqueValues(db, '[]'))).join('\n')).toContain('matches_by_unique_value')
  })

  it('read hosts whose silence is of interest by primary key, page by page', async () => {
    expect(await planOf(selectHostsOfInterest(db, '', 1, 1, 3, 10))).toEqual([
      'SEARCH h USING PRIMARY KEY (host_id>?)',
    ])
  })

  it('look for grave alerts among the latest, and count each minute by its key', async () => {
    expect((await planOf(selectAlarms(db, 1, 1))).join('\n')).toContain('alerts_by_creation (created_at>?)')
    const usual = (await planOf(selectUsualTraffic(db, 1))).join('\n')
    expect(usual).toContain('SEARCH c USING PRIMARY KEY (minute=? AND name=? AND label=?)')
  })
})

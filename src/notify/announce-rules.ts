import type { Destination } from '../detect/routing.ts'
import type { Rule } from '../detect/rule.ts'
import type { Settings, World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { readGuardedState, writeGuardedState } from '../store/guarded-state.ts'
import { line } from './line.ts'
import { classifyPagerDuty } from './pagerduty.ts'
import { postJson } from './post.ts'
import { changeBetween, type RuleSet, type RuleSetChange, ruleSetOf } from './rule-set.ts'
import { judgeUrl } from './url-policy.ts'

/** Singleton of the table `states`: which rules PagerDuty was told of last. */
const STATE = 'pagerduty:rules'

/** Nobody waits for it: after so many minutes of trying it is left. */
const TRIES_MAX = 10
const IDS_TOLD = 50
const ID_MAX_CODE_POINTS = 100

interface Told extends RuleSet {
  /** Times that telling of another set failed since. */
  readonly tries?: number
}

/** What became of it. */
export type Announcement = 'told' | 'known' | 'nobody to tell' | 'refused' | 'later'

/**
 * Tells PagerDuty once that other rules are deployed, as a change event: whoever is paged sees it beside the incident, and
 * nobody is woken. At best effort: what is refused is not tried again, what fails ten times is left.
 * @throws what D1 throws; the next run tries again
 */
export async function announceRules(
  world: World,
  destinations: readonly Destination[],
  rules: readonly Rule[],
): Promise<Announcement> {
  const target = destinations.some(({ type }) => type === 'pagerduty') ? changeTarget(world.settings) : null
  if (target === null || rules.length === 0) return 'nobody to tell'
  const set = ruleSetOf(rules)
  const row = await readGuardedState(world.db, STATE)
  // Only this function writes it.
  const before = row === null ? null : (JSON.parse(row.value) as Told)
  if (before?.hash === set.hash) return 'known'

  const body = changeEvent(target.routingKey, set, before, world)
  const reply = await postJson(world, target.url, JSON.stringify(body))
  const outcome =
    reply.kind === 'answered'
      ? classifyPagerDuty(reply.status, reply.retryAfter, reply.body, world.now())
      : ({ kind: 'transient' } as const)
  const tries = (before?.tries ?? 0) + 1
  const isLater = outcome.kind === 'transient' && tries < TRIES_MAX
  const after: Told = isLater ? { hash: '', rules: {}, ...before, tries } : set
  await remember(world, after, row?.version ?? 0)
  if (isLater) return 'later'
  world.log('rules_announced', { outcome: outcome.kind, rules: rules.length })
  return outcome.kind === 'delivered' ? 'told' : 'refused'
}

/** Another run may have been quicker, and told the same. */
async function remember({ db }: World, told: Told, version: number): Promise<void> {
  try {
    await db.batch(writeGuardedState(db, STATE, JSON.stringify(told), version))
  } catch (error) {
    if (!isConflict(error)) throw error
  }
}

/**
 * Where change events go: beside events (`/v2/change/enqueue` for `/v2/enqueue`). Null without PagerDuty's key, with one
 * of an event orchestration, which takes none and begins with R, and at a URL of another form.
 */
function changeTarget(settings: Settings): { readonly url: string; readonly routingKey: string } | null {
  const { pagerDutyRoutingKey: routingKey } = settings
  const verdict = judgeUrl(settings.pagerDutyEventsUrl, settings)
  if (routingKey === null || routingKey.startsWith('R') || !verdict.ok) return null
  const url = verdict.url.replace(/\/v2\/enqueue$/, '/v2/change/enqueue')
  return url === verdict.url ? null : { url, routingKey }
}

/** PagerDuty Events API v2, POST /v2/change/enqueue. */
function changeEvent(routingKey: string, set: RuleSet, before: Told | null, { settings, now }: World) {
  const change = before === null || before.hash === '' ? null : changeBetween(before.rules, set.rules)
  const { publicUrl } = settings
  return {
    routing_key: routingKey,
    payload: {
      summary: summaryOf(Object.keys(set.rules).length, change),
      source: publicUrl === null ? 'margay' : new URL(publicUrl).host,
      timestamp: new Date(now()).toISOString(),
      custom_details: {
        rule_set: set.hash,
        added: told(change?.added),
        removed: told(change?.removed),
        changed: told(change?.changed),
      },
    },
    ...(publicUrl !== null && { links: [{ href: publicUrl, text: 'Margay' }] }),
  }
}

function summaryOf(rules: number, change: RuleSetChange | null): string {
  const all = `${rules} rules in all`
  if (change === null) return `Detection rules deployed: ${all}`
  const parts = [
    ...(change.added.length > 0 ? [`${change.added.length} added`] : []),
    ...(change.removed.length > 0 ? [`${change.removed.length} removed`] : []),
    ...(change.changed.length > 0 ? [`${change.changed.length} changed`] : []),
  ]
  return `Detection rules deployed: ${parts.join(', ') || 'other code'}; ${all}`
}

function told(ids: readonly string[] = []): readonly string[] {
  const first = ids.slice(0, IDS_TOLD).map(id => line(id, ID_MAX_CODE_POINTS))
  return ids.length > IDS_TOLD ? [...first, `and ${ids.length - IDS_TOLD} more`] : first
}

import type { AlertSpec, StatusChange } from '../alerts/lifecycle.ts'
import { alertIdOf } from '../alerts/lifecycle.ts'
import { shownText } from '../detect/text.ts'
import { elapsed } from './elapsed.ts'
import type { HoldingGate } from './gates.ts'
import { GROUP_MIN_SERVERS, type GroupChange } from './groups.ts'
import { instant } from './instant.ts'
import { DIGEST_RULE, PAGES_PER_HOUR } from './page-cap.ts'
import type { SilencePolicy } from './policy.ts'
import type { Digest, Gate } from './silence-record.ts'

/** Rule id of the alert about the whole feed; there is one feed. */
const FEED_SILENT = 'margay.feed-silent'
const FEED_DEDUP = 'feed'
/** Rule id of the alerts about groups of hosts; the dedup string is the group's name. */
const GROUP_SILENT = 'margay.group-silent'
const DIGEST_DEDUP = 'fleet'
/** Who resolves these alerts. */
const BY = 'margay'

const TITLES: Readonly<Record<Gate, string>> = {
  canary: 'posts no longer come through',
  'no-posts': 'no host reports any more',
  'mass-silence': 'many hosts stopped reporting at once',
  'own-errors': 'we fail to take what hosts send',
}

const FEED_RUNBOOK = `1. GET /healthz and the counters of /api/v1/stats: are posts taken, is the ingest queue read, does D1 answer?
   canary: a post of our own did not come round: queues, D1, R2 or cron. no-posts: nothing arrives: DNS, route, certificate, WAF.
   own-errors: posts arrive and we refuse them, or the database does not answer. mass-silence: many hosts at once, not all.
2. Cloudflare status, then recent deploys, routes, WAF and rate-limit rules on the agent paths, expired certificates.
3. If only one site, network or OS is missing, the fault is theirs: VPN, proxy, DNS, a bad osquery rollout.
Hosts keep what they can't send (up to a million lines) and send it when we are back.
While this alert is open no host is reported silent by itself. It resolves by itself when nothing of the above holds for some
minutes; hosts that are then still missing after their back-off get alerts of their own. Revoke hosts that will not return.`

const GROUP_RUNBOOK = `1. What do these hosts share? A site, a VPN or proxy, a cloud region, an OS update, an osquery or flagfile rollout.
2. Take one of them: is it up, does osqueryd run, can it reach this service (curl -sS the /healthz page from it)?
3. GET /api/v1/hosts?state=late and ?state=stale list what is missing.
While this alert is open no host of the group is reported silent by itself. It resolves by itself when less than a quarter of
the group's servers is missing; hosts that stay away after their back-off then get alerts of their own. Revoke those that will not return.`

const DIGEST_RUNBOOK = `1. /hosts?state=stale (GET /api/v1/hosts?state=stale) lists every silent host, with the reason for each.
2. More than ten hosts in an hour, but not at once: a rollout in waves, a network that degrades, hosts decommissioned without
   being revoked, or somebody switching logging off one by one. Look for what they share, and for alerts on them before.
3. Revoke hosts that will not return (POST /api/v1/hosts/<id>/revoke).
It resolves by itself when every host that it stands for is back, gone or revoked.`

/** The one alert of an outage, whatever gates hold. */
export function feedFalls(episode: number, holding: readonly HoldingGate[], now: number): AlertSpec {
  const first = holding[0]
  const what = first === undefined ? 'hosts are not heard' : TITLES[first.gate]
  return {
    kind: 'silence',
    ruleId: FEED_SILENT,
    dedup: FEED_DEDUP,
    episode,
    severity: 'critical',
    title: `The feed is silent: ${what}`,
    runbook: FEED_RUNBOOK,
    context: {
      reason: holding.map(({ reason }) => reason).join(' '),
      gates: holding.map(({ gate }) => gate),
      noticed: instant(now),
      meanwhile: 'Hosts are not judged one by one until the feed is back.',
    },
    at: now,
  }
}

/** The resolve of an outage. */
export function feedReturns(
  episode: number,
  lengthMs: number,
  policy: SilencePolicy,
  now: number,
): StatusChange {
  return {
    alertId: alertIdOf('silence', FEED_SILENT, FEED_DEDUP, episode),
    at: now,
    by: BY,
    note:
      `The feed is back, ${elapsed(lengthMs)} after it was found silent. Hosts still missing are judged one by one in ` +
      `${elapsed(policy.patienceMs)}: an agent's next try may be that far off.`,
  }
}

/** The alert of a group of hosts that went silent together. */
export function groupFalls({ group, missing, watched }: GroupChange, now: number): AlertSpec {
  return {
    kind: 'silence',
    ruleId: GROUP_SILENT,
    dedup: group.name,
    episode: group.episode,
    severity: 'high',
    title: shownText(`Hosts of ${group.name} are silent: ${missing} of ${watched} servers`),
    runbook: GROUP_RUNBOOK,
    context: {
      reason:
        `${missing} of ${watched} servers of the group stopped reporting at about the same time, while the rest of the ` +
        `fleet goes on (limit: half of a group of at least ${GROUP_MIN_SERVERS}).`,
      group: group.name,
      missing_hosts: missing,
      watched_hosts: watched,
      noticed: instant(now),
    },
    at: now,
  }
}

export function groupReturns(
  { group, missing, watched }: GroupChange,
  policy: SilencePolicy,
  now: number,
): StatusChange {
  return {
    alertId: alertIdOf('silence', GROUP_SILENT, group.name, group.episode),
    at: now,
    by: BY,
    note:
      `${watched - missing} of ${watched} servers report again, ${elapsed(now - group.since)} after the group was found silent. ` +
      `Those still missing are judged one by one in ${elapsed(policy.patienceMs)}.`,
  }
}

/** The alert that stands for hosts that are not told of one by one. */
export function digestOf({ episode, hosts, names, since }: Digest, now: number): AlertSpec {
  return {
    kind: 'silence',
    ruleId: DIGEST_RULE,
    dedup: DIGEST_DEDUP,
    episode,
    severity: 'high',
    title: `${hosts} more ${hosts === 1 ? 'host is' : 'hosts are'} silent`,
    runbook: DIGEST_RUNBOOK,
    context: {
      reason:
        `More than ${PAGES_PER_HOUR} hosts fell silent within an hour; those beyond have no alert of their own, ` +
        'and this one stands for them.',
      hosts: hosts,
      first_hosts: names,
      all_of_them: '/hosts?state=stale',
      since: instant(since ?? now),
    },
    at: now,
  }
}

export function digestEnds({ episode, hosts, since }: Digest, now: number): StatusChange {
  const after = since === null ? '' : ` after ${elapsed(now - since)}`
  return {
    alertId: alertIdOf('silence', DIGEST_RULE, DIGEST_DEDUP, episode),
    at: now,
    by: BY,
    note: `All ${hosts} hosts that it stood for are back, gone or revoked${after}.`,
  }
}

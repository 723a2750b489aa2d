import type { AlertSpec, StatusChange } from '../alerts/lifecycle.ts'
import { alertIdOf } from '../alerts/lifecycle.ts'
import { shownText } from '../detect/text.ts'
import type { Census } from './feed.ts'
import { CHANNELS, instant, lastSign, type Move } from './states.ts'

/** Rule id of the alerts about one silent host; its dedup string is the host id. */
const HOST_SILENT = 'margay.host-silent'
/** Rule id of the alert about the whole feed; there is one feed. */
const FEED_SILENT = 'margay.feed-silent'
const FEED_DEDUP = 'feed'

/** Who resolves an alert when a host or the feed is heard again. */
const BY = 'margay'

const HOST_RUNBOOK = `1. Is the host up? Look at the hypervisor, the cloud console, its owner.
2. If it is up: is osqueryd running (systemctl status osqueryd, launchctl list, sc query osqueryd) and what does its log say?
3. Can it reach this service (curl -sS the /healthz page from the host)? Look at DNS, proxy, firewall, clock and CA bundle.
4. Was it alerted on shortly before? Silence right after an alert is a sign of an intruder switching logging off: isolate it.
5. If it is gone for good, revoke it (POST /api/v1/hosts/<id>/revoke), then it is no longer watched.
The alert resolves by itself when the host is heard again.`

const FEED_RUNBOOK = `1. GET /healthz and the counters of /api/v1/stats: are posts accepted, is the ingest queue read, does D1 answer?
2. Cloudflare status, then recent deploys, routes, WAF and rate-limit rules on the agent paths, expired certificates.
3. If only one site, network or OS is missing, the fault is theirs: VPN, proxy, DNS, a bad osquery rollout.
While this alert is open no host is reported silent by itself. It resolves by itself when enough hosts are back; hosts that
are then still missing after their back-off get alerts of their own. Revoke hosts that will not return.`

/** The alert that opens when a host falls silent. */
export function hostFalls(move: Move, now: number): AlertSpec {
  const { host } = move
  const name = host.hostname === '' ? host.hostId : host.hostname
  const sign = lastSign(host)
  const neverHeard = host.state === 'new'
  return {
    kind: 'silence',
    ruleId: HOST_SILENT,
    dedup: host.hostId,
    episode: move.episode,
    severity: 'high',
    title: shownText(neverHeard ? `Host ${name} enrolled and was never heard of` : `Host ${name} is silent`),
    runbook: HOST_RUNBOOK,
    context: {
      reason: move.reason,
      silent_since: instant(move.since),
      last_sign: sign?.channel ?? null,
      last_heard: Object.fromEntries(
        CHANNELS.map(channel => [channel, instantOrNull(host.heard[channel])] as const),
      ),
      last_enrolled: instant(host.lastEnrollAt),
    },
    hostId: host.hostId,
    hostname: host.hostname,
    // Tags are written by us, as an array of texts.
    hostTags: JSON.parse(host.tags) as string[],
    at: now,
  }
}

/** The resolve of a host that is heard again, or no longer watched. */
export function hostReturns(move: Move, now: number): StatusChange {
  const alertId = alertIdOf('silence', HOST_SILENT, move.host.hostId, move.host.episode)
  return { alertId, at: now, by: BY, note: move.reason }
}

/** The one alert of a mass silence. */
export function feedFalls(episode: number, census: Census, reason: string, now: number): AlertSpec {
  const missing = census.missing + census.recentlyFallen
  const watched = census.watched + census.recentlyFallen
  return {
    kind: 'silence',
    ruleId: FEED_SILENT,
    dedup: FEED_DEDUP,
    episode,
    severity: 'critical',
    title: `The feed is silent: ${missing} of ${watched} hosts stopped reporting`,
    runbook: FEED_RUNBOOK,
    context: { reason, missing_hosts: missing, watched_hosts: watched },
    at: now,
  }
}

/** The resolve of a mass silence. */
export function feedReturns(episode: number, reason: string, now: number): StatusChange {
  const alertId = alertIdOf('silence', FEED_SILENT, FEED_DEDUP, episode)
  return { alertId, at: now, by: BY, note: reason }
}

function instantOrNull(at: number | null): string | null {
  return at === null ? null : instant(at)
}

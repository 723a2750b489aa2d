import { isAtLeast } from '../detect/severity.ts'
import type { SilencePolicy } from './policy.ts'
import type { HostAlertRule, Move, Raise } from './watched-host.ts'

/** The rule of the alert that stands for the hosts that are not told of one by one. */
export const DIGEST_RULE = 'margay.many-hosts-silent' satisfies HostAlertRule
/** Hosts of which somebody is told one by one within an hour. */
export const PAGES_PER_HOUR = 10
/** Alerts that open in one run: they cost some four statements each, and D1 allows 1,000 in an invocation of cron. */
const MAX_OPENINGS = 50

export interface CappedFalls {
  /** With alerts of their own. */
  readonly falls: readonly Move[]
  /** Without one: the digest stands for them from now on. */
  readonly held: readonly Move[]
  /** When hosts paged in the last hour, this run included. */
  readonly pages: readonly number[]
}

/**
 * Says which hosts that fall silent are told of one by one. Who fell silent right after a grave alert goes first; those
 * beyond the cap are told by the digest. An alert of low severity pages nobody and takes no place.
 * @param pages  when hosts paged (ms since the epoch)
 */
export function capPages(
  due: readonly Move[],
  pages: readonly number[],
  policy: SilencePolicy,
  now: number,
): CappedFalls {
  // A page of the future was sent before the clock went back.
  const recent = pages.filter(at => at <= now && now - at < policy.toldEveryMs)
  const falls: Move[] = []
  const held: Move[] = []
  const told: number[] = []
  let swapped = 0
  for (const move of due.toSorted(byUrgency)) {
    const { raises } = move
    // One that doesn't fit is due again in the next run.
    if (raises === null || falls.length + swapped === MAX_OPENINGS) continue
    if (!isPage(raises)) falls.push(move)
    else if (recent.length + told.length < PAGES_PER_HOUR) {
      falls.push(move)
      told.push(now)
    } else {
      held.push(toDigest(move, raises, now))
      if (move.resolves !== null) swapped += 1
    }
  }
  return { falls, held, pages: [...recent, ...told] }
}

/** The digest stands for the host instead of an alert of its own. */
function toDigest(move: Move, raises: Raise, now: number): Move {
  return { ...move, raises: { ...raises, kind: 'opens', ruleId: DIGEST_RULE, dueAt: now }, toldAt: now }
}

function isPage({ severity }: Raise): boolean {
  return isAtLeast(severity, 'high')
}

function byUrgency(a: Move, b: Move): number {
  return urgencyOf(b) - urgencyOf(a)
}

function urgencyOf({ raises }: Move): number {
  if (raises?.ruleId === 'margay.silent-after-alert') return raises.severity === 'critical' ? 2 : 1
  return 0
}

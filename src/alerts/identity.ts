import { createHash } from 'node:crypto'
import type { AlertKind } from '../store/alerts.ts'

/** 80 bits of the hash: a collision is out of reach for the few million alerts a deployment may see. */
const ID_HEX_DIGITS = 20

/**
 * The id of one episode of one group of findings: the same facts give the same id, on any machine, at any time, so a
 * replay can only meet the row it made before. It is also the identity that PagerDuty knows the alert by.
 * @param episode  counts the windows of the group from 1; a later window is another alert
 */
export function alertIdOf(kind: AlertKind, ruleId: string, dedup: string, episode: number): string {
  return shortHash(JSON.stringify(['alert', kind, ruleId, dedup, episode]))
}

/** The id of the group that shares windows: findings of one kind, of one rule, with one dedup string. */
export function groupIdOf(kind: AlertKind, ruleId: string, dedup: string): string {
  return shortHash(JSON.stringify(['group', kind, ruleId, dedup]))
}

/** JSON keeps the parts apart whatever they hold, and escapes lone surrogates instead of losing them. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, ID_HEX_DIGITS)
}

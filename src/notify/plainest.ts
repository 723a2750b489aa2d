import type { Telling } from './telling.ts'

/**
 * The same, without a word that a host or a rule's runbook could have put into it: a firewall before a destination finds
 * nothing to refuse. What it was about stands in Margay. The ids are Margay's own, and so is that of the host.
 */
export function plainest({ deliveryId, action, news, alert, publicUrl, now }: Telling): Telling {
  const { alertId, ruleId } = alert
  return {
    deliveryId,
    action,
    news: news ?? null,
    publicUrl,
    now,
    columns: null,
    alert: {
      ...alert,
      title: `${ruleId} (what it says was refused here: see alert ${alertId} in Margay)`,
      hostname: '',
      query: '',
      pack: '',
      runbook: '',
      context: '{}',
    },
  }
}

const KEY = 'keys?|tokens?|credentials?|secrets?|signatures?'
const REFUSED =
  'invalid|unknown|incorrect|wrong|bad|revoked|expired|disabled|inactive|no such|unrecogni[sz]ed|not valid|not found'
/** Up to two words in between, of one sentence. */
const BETWEEN = `[ "':_-]+(?:\\w{1,20}[ "':_-]+){0,2}`
const KEY_REFUSED = new RegExp(
  `\\b(?:(?:${REFUSED})${BETWEEN}(?:${KEY})|(?:${KEY})${BETWEEN}(?:${REFUSED}))\\b`,
  'i',
)

/**
 * Whether an answer says in words that the key is refused, as no firewall does of a text that looks like an attack.
 * @param sent  the body that was answered: a page may quote it, and words of a host's are no evidence
 */
export function saysKeyIsRefused(answer: string, sent: string): boolean {
  const said = KEY_REFUSED.exec(answer)
  return said !== null && !sent.toLowerCase().includes(said[0].toLowerCase())
}

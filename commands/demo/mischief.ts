import type { WireAnswer } from '../../test/simulator/wire.ts'
import type { Fleet } from './fleet.ts'
import { BROKEN_RECORDS, forgedPost, mixedPost, unreadablePosts, wrongEnrollment } from './hazards.ts'
import type { Narrator } from './narrator.ts'

/** What the rubbish came to. */
export interface MischiefReport {
  /** Bodies that can't be read and records that are none: each must lie in quarantine. */
  readonly rejects: number
  /** Answers that were not what they have to be; empty is right. */
  readonly wrongAnswers: readonly string[]
}

const GOOD_LINES = 5

/**
 * One host posts rubbish, someone forges a node key, someone enrolls with a wrong secret. Rubbish must be acknowledged
 * (or the host would send it for ever), a forged key answered by node_invalid, a wrong secret by an error.
 */
export async function makeMischief(fleet: Fleet, narrator: Narrator): Promise<MischiefReport> {
  const host = fleet.part('rubbish')
  const { nodeKey } = host.agent
  const wrongAnswers: string[] = []
  const check = (what: string, isRight: boolean, answer: WireAnswer) => {
    if (!isRight) wrongAnswers.push(`${what}: ${shown(answer)}`)
  }

  const bodies = await unreadablePosts(nodeKey)
  for (const body of bodies) {
    const answer = await fleet.transport(body)
    check('an unreadable post', replyOf(answer) === '{}', answer)
  }
  const lines = Array.from({ length: GOOD_LINES }, () => host.activityLine())
  fleet.ledger.sending(lines, Date.now())
  const answer = await fleet.transport(await mixedPost(nodeKey, lines))
  if (replyOf(answer) === '{}') fleet.ledger.accepted(lines)
  check('a post with broken records among good ones', replyOf(answer) === '{}', answer)
  narrator.say(
    `${host.name} posted ${bodies.length} bodies nobody can read, and ${BROKEN_RECORDS.length} broken records among good ones.`,
  )

  const forged = await fleet.transport(await forgedPost(nodeKey))
  check('a forged node key', replyOf(forged) === '{"node_invalid":true}', forged)
  const refused = await fleet.transport(wrongEnrollment(host.profile))
  check('a wrong enroll secret', isRefusal(replyOf(refused)), refused)
  narrator.say(`A forged node key was answered ${shown(forged)}, a wrong enroll secret ${shown(refused)}.`)
  return { rejects: bodies.length + BROKEN_RECORDS.length, wrongAnswers }
}

function isRefusal(reply: string): boolean {
  return reply.startsWith('{"error":') && !reply.includes('node_key') && !reply.includes('"id"')
}

function replyOf(answer: WireAnswer): string {
  return answer.kind === 'answered' ? answer.body : ''
}

function shown(answer: WireAnswer): string {
  return answer.kind === 'answered' ? `${answer.status} ${answer.body.slice(0, 100)}` : answer.kind
}

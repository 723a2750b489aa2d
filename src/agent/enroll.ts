import type { World } from '../env.ts'
import { countLoweredClasses, noteClassGuesses } from '../store/host-class.ts'
import { type Enrollment, enrollHost } from '../store/hosts.ts'
import { faultText, within } from '../store/within.ts'
import type { After } from './after.ts'
import { countEnrollments } from './count-enrollments.ts'
import { hasEnrolledTooOften, noteEnrollment, noteThrottled } from './enroll-budget.ts'
import { addressOf, enrollFailures, isShutOut, noteFailure, noteShutOut } from './enroll-failures.ts'
import { type EnrollRequest, parseEnrollRequest } from './enroll-request.ts'
import { matchingSecret } from './enroll-secret.ts'
import { hostIdOf } from './host-identity.ts'
import { mintNodeKey } from './node-key.ts'
import { enrolled, refused, tryLater } from './reply.ts'
import { readSmallBody } from './small-body.ts'

/** A body has 1 to 2 KiB; this leaves room for any `host_details`. */
const MAX_ENROLL_BYTES = 1024 * 1024
/** The host gives up at 16 s. */
const STORE_LIMIT_MS = 8_000

/**
 * Enrolls a host: any of the live secrets, a row under its own id, a new node key. Keys given out before live on, so that
 * clones of one machine don't drive each other out; one that enrolls over and over is slowed down. Whatever fails is
 * answered with `error` and without a key.
 */
export async function enroll(world: World, request: Request, after: After): Promise<Response> {
  const address = addressOf(request)
  const failures = enrollFailures(world)
  if (isShutOut(failures, world.now(), address)) {
    after(noteShutOut(world, failures, address))
    return refused('too_many_failures', 429)
  }
  const body = await readSmallBody(world, request, MAX_ENROLL_BYTES)
  if (!body.ok) return body.reason === 'read_timeout' ? tryLater(body.reason) : refused(body.reason)
  const { enrollSecrets, nodeKeySecrets } = world.settings
  if (enrollSecrets.length === 0 || nodeKeySecrets.length === 0) return tryLater('not_configured')
  const said = parseEnrollRequest(body.text)
  const secret = said === null ? null : matchingSecret(enrollSecrets, said.secret)
  if (said === null || secret === null) {
    world.log('enroll_refused', { address, why: said === null ? 'unreadable' : 'wrong_secret' })
    after(noteFailure(world, failures, address))
    return refused('enroll_refused', 403)
  }
  return await admit(world, said, secret.label, after)
}

/** What is guessed of the host by what it says now, also if it was thought another thing before. */
function notesOf(
  { db, now }: World,
  hostId: Enrollment['hostId'],
  guess: EnrollRequest['guess'],
): D1PreparedStatement[] {
  if (guess === null) return []
  const guesses = [{ ...guess, hostId }]
  return [countLoweredClasses(db, guesses, now()), noteClassGuesses(db, guesses)]
}

async function admit(
  world: World,
  { claims, guess }: Pick<EnrollRequest, 'claims' | 'guess'>,
  label: string,
  after: After,
): Promise<Response> {
  const hostId = hostIdOf(claims)
  if (hostId === null) return refused('host_unidentified')
  if (hasEnrolledTooOften(world, hostId)) {
    after(noteThrottled(world, hostId, label))
    return refused('too_many_enrollments', 429)
  }
  const enrollment: Enrollment = { ...claims, hostId, label, at: world.now() }
  const outcome = await within(world, STORE_LIMIT_MS, () =>
    enrollHost(world.db, enrollment, notesOf(world, hostId, guess)),
  )
  if (outcome.kind !== 'done') {
    world.log('enroll_failed', { fault: faultText(outcome) })
    return tryLater('storage_unavailable')
  }
  noteEnrollment(world, hostId)
  const { previousLabel } = outcome.value
  world.log('host_enrolled', { host: hostId, label, previous_label: previousLabel })
  if (previousLabel !== null && previousLabel !== '' && previousLabel !== label) {
    // Whoever has the secret of one team can say that it is a host of another: that must not go unseen.
    after(countEnrollments(world, 'enroll_moved', `${previousLabel} to ${label}`, 1))
  }
  return enrolled(mintNodeKey(world, hostId))
}

import { foldVitals, NO_VITALS, type Vitals } from '../../src/staleness/vitals.ts'
import { contactOf, type LogArrival } from './memory-host.ts'
import { MINUTE } from './span.ts'

/** After a longer gap the host was late, and nothing was learnt from the gap: the least threshold there is. */
const LATE = 15 * MINUTE

/** What was known of a host at the beginning of the week by what it had posted in the days before. */
export function vitalsOf(posts: readonly LogArrival[]): Vitals {
  let vitals = NO_VITALS
  for (const { at, pulses } of posts) {
    const frozen = at - (vitals.contacts.lastAt ?? at) > LATE
    vitals = foldVitals(vitals, contactOf(at, pulses), { frozen, touchMs: MINUTE })
  }
  return vitals
}

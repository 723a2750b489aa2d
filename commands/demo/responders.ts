import type { Incident } from '../../test/simulator/pagerduty.ts'
import type { PagerDutyStandIn } from '../../test/simulator/pagerduty-server.ts'
import type { Api } from './api.ts'
import type { Narrator } from './narrator.ts'
import type { ExpectedResponse } from './verdict.ts'

/** Whose name stands on what is done. */
const PERSON = 'The demo’s responder'

const WAIT_FOR_PAGES_MS = 15_000
const POLL_MS = 200
/** One is acknowledged in PagerDuty, one acknowledged and resolved there, one acknowledged here. */
const NEEDED = 3

interface Surroundings {
  readonly pagerDuty: PagerDutyStandIn
  readonly api: Api
  readonly narrator: Narrator
  readonly sleep: (ms: number) => Promise<void>
  /** True for incidents that are about a hostile row, on a host that nothing else happens to. */
  readonly isQuiet: (incident: Incident) => boolean
  /** Told of each incident before anything is done about it. */
  readonly attend: (incident: Incident) => void
}

/**
 * People at work: they acknowledge an incident in PagerDuty, resolve another there, and acknowledge a third alert by our
 * API. Each must be seen on the other side.
 * @returns what has to be seen, as much of it as there were incidents for
 */
export async function respond(surroundings: Surroundings): Promise<readonly ExpectedResponse[]> {
  const { pagerDuty, api, narrator } = surroundings
  const chosen = (await untouched(surroundings)).slice(0, NEEDED)
  chosen.forEach(surroundings.attend)
  const [first, second, third] = chosen
  const expected: ExpectedResponse[] = []
  if (first !== undefined) {
    pagerDuty.model.press('acknowledge', first, PERSON, Date.now())
    narrator.say(`PERSON    acknowledges in PagerDuty · ${first.summary}`)
    expected.push({ ...partiesOf(first), status: 'acknowledged', by: `pagerduty:${PERSON}` })
  }
  if (second !== undefined) {
    const at = Date.now()
    pagerDuty.model.press('acknowledge', second, PERSON, at)
    pagerDuty.model.press('resolve', second, PERSON, at + 1)
    narrator.say(`PERSON    resolves in PagerDuty · ${second.summary}`)
    expected.push({ ...partiesOf(second), status: 'resolved', by: `pagerduty:${PERSON}` })
  }
  if (third !== undefined) {
    const parties = partiesOf(third)
    narrator.say(`PERSON    acknowledges by the API · ${third.summary}`)
    await api.acknowledge(parties.alertId, PERSON)
    expected.push({ ...parties, status: 'acknowledged', by: PERSON })
  }
  return expected
}

/** Incidents that nobody has touched, once there are enough of them. */
async function untouched({ pagerDuty, sleep, isQuiet }: Surroundings): Promise<readonly Incident[]> {
  const deadline = Date.now() + WAIT_FOR_PAGES_MS
  for (;;) {
    const incidents = pagerDuty.model.incidents.filter(
      incident => incident.status === 'triggered' && isQuiet(incident),
    )
    if (incidents.length >= NEEDED || Date.now() > deadline) return incidents
    await sleep(POLL_MS)
  }
}

/** An incident and our alert of it: `margay:<alert id>` is the key that both have. */
function partiesOf({ dedupKey, summary }: Incident) {
  return { dedupKey, alertId: dedupKey.slice(dedupKey.indexOf(':') + 1), summary }
}

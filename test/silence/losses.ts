import type { Vitals } from '../../src/staleness/vitals.ts'
import type { FleetHost } from './fleet.ts'
import type { HostTruth } from './week.ts'

/** Pulses that never came between two of the same daemon that did: all that anyone could notice. */
export function trulyLost(host: FleetHost, { arrived }: HostTruth): number {
  let lost = 0
  for (const { eaten } of host.agents) {
    for (const { start, number } of eaten) {
      const came = arrived.get(start)
      if (came === undefined || came.has(number)) continue
      const numbers = [...came]
      if (numbers.some(other => other < number) && numbers.some(other => other > number)) lost += 1
    }
  }
  return lost
}

/** Those that the vitals hold for lost, and those that are still waited for. */
export function foundLost({ pulses }: Vitals): number {
  const waitedFor = pulses.runs.flatMap(({ missing }) => missing)
  return pulses.lost + waitedFor.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

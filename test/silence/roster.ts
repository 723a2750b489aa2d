import { lastContactAt } from '../../src/staleness/contacts.ts'
import type { SilencePolicy } from '../../src/staleness/policy.ts'
import { isClockOff } from '../../src/staleness/vitals.ts'
import type { MemoryHost } from './memory-host.ts'

/** More than any fleet here has. */
const PLACES = 4_096

/** All hosts in memory, and which of them are well: ten million times a week that is asked, and so it stands in one row. */
export class Roster {
  readonly hosts: MemoryHost[] = []
  /** When a host that is live and does not lag last logged; -Infinity for any other. */
  readonly #wellAt = new Float64Array(PLACES).fill(Number.NEGATIVE_INFINITY)
  readonly #policy: SilencePolicy

  constructor(policy: SilencePolicy) {
    this.#policy = policy
  }

  /** @returns the place of the host */
  add(host: MemoryHost): number {
    return this.hosts.push(host) - 1
  }

  note(place: number, { state, loggedAt, vitals: { pulses } }: MemoryHost): void {
    const isLagging = pulses.lagMs > this.#policy.lagMs && !isClockOff(pulses)
    this.#wellAt[place] = state === 'live' && !isLagging ? loggedAt : Number.NEGATIVE_INFINITY
  }

  /** Hosts whose silence there is something to decide on, by id. */
  ofInterest(now: number): MemoryHost[] {
    const quietSince = now - this.#policy.lateAfterMs
    const found: MemoryHost[] = []
    for (let place = 0; place < this.hosts.length; place++) {
      if ((this.#wellAt[place] ?? 0) >= quietSince) continue
      const host = this.hosts[place]
      if (host !== undefined && (host.state !== 'gone' || lastContactAt(host) > host.since)) found.push(host)
    }
    return found.sort((a, b) => (a.hostId < b.hostId ? -1 : 1))
  }
}

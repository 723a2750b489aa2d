import {
  HOSTILE_ROWS,
  type HostileRow,
  LOOKALIKE_ROWS,
  type SuspectRow,
} from '../../test/simulator/hostile-rows.ts'
import type { Incident } from '../../test/simulator/pagerduty.ts'
import { Seed } from '../../test/simulator/seed.ts'
import { networkTransport } from '../../test/simulator/transport.ts'
import type { Transport } from '../../test/simulator/wire.ts'
import { flakyTransport } from './hazards.ts'
import { DemoHost } from './hosts.ts'
import { Ledger } from './ledger.ts'
import type { Narrator } from './narrator.ts'
import type { PlayedRow } from './rule-row.ts'

/** Hosts that have a part of their own, by index. All run Linux but the third and the sixth. */
const PARTS = { flaky: 0, silent: 1, flooding: 3, rubbish: 4, hanging: 6 } as const

/** One page that has to come: the rule, the host, and what must make it fire. */
export interface ExpectedPage {
  readonly rule: string
  readonly hostname: string
  /** When what has to page first left its host, ms since the epoch; null when nothing was sent, for silence. */
  readonly postedAt: () => number | null
  readonly resolves: boolean
}

/** Between two turns of hosts that wait in their back-off. */
const DRAIN_POLL_MS = 200

/** Hosts that stop sending: which rule tells of it. */
const SILENCES = { silent: 'margay.host-silent', hanging: 'margay.host-half-dead' } as const
export type QuietPart = keyof typeof SILENCES

interface FleetSurroundings {
  readonly origin: string
  readonly enrollSecret: string
  readonly told: Pick<Narrator, 'posted' | 'accepted'>
  readonly sleep: (ms: number) => Promise<void>
  /** Hostile rows besides those that every demo has. */
  readonly moreRows?: readonly PlayedRow[]
}

/** All simulated hosts, the parts they play, and the book on what they posted. */
export class Fleet {
  readonly ledger = new Ledger()
  readonly hosts: readonly DemoHost[]
  readonly expectedPages: ExpectedPage[] = []
  /** Pages that may come beside those: of other rules that meet a row as well, and may count it to what they have. */
  readonly allowedPages: Pick<ExpectedPage, 'rule' | 'hostname'>[] = []
  readonly transport: Transport
  readonly #hostileRows: readonly HostileRow[]
  readonly #moreRows: readonly PlayedRow[]
  readonly #attended = new Set<string>()
  #isNetworkFlaky = true

  constructor(count: number, surroundings: FleetSurroundings) {
    this.#moreRows = surroundings.moreRows ?? []
    this.#hostileRows = [...HOSTILE_ROWS, ...this.#moreRows]
    const { origin, enrollSecret, told, sleep } = surroundings
    this.transport = networkTransport(origin)
    const counted: Transport = request => {
      told.posted(request.body.length)
      return this.transport(request)
    }
    const flaky = flakyTransport(counted, new Seed(7), () => this.#isNetworkFlaky)
    this.hosts = Array.from(
      { length: count },
      (_, index) =>
        new DemoHost(index, {
          enrollSecret,
          transport: index === PARTS.flaky ? flaky : counted,
          now: () => Date.now(),
          sleep,
          observer: {
            sending: (_kind, lines) =>
              this.ledger.sending(
                lines.map(line => line.text),
                Date.now(),
              ),
            sentAgain: (_kind, lines) =>
              this.ledger.sending(
                lines.map(line => line.text),
                Date.now(),
              ),
            accepted: (_kind, lines) => {
              told.accepted(lines.length)
              this.ledger.accepted(lines.map(line => line.text))
            },
          },
        }),
    )
  }

  /** The host that plays this part. */
  part(name: keyof typeof PARTS): DemoHost {
    const host = this.hosts[PARTS[name]]
    if (host === undefined) throw new Error(`the fleet is too small for a ${name} host`)
    return host
  }

  /**
   * Hostile rows appear on hosts all over the fleet, each kind on one of ten hosts at least once, and lookalikes beside
   * them.
   * @param round  counts repetitions: each round chooses other hosts
   */
  attack(round: number, told: (host: DemoHost, row: HostileRow) => void): void {
    const times = Math.ceil(this.hosts.length / 10)
    for (const [kind, row] of this.#hostileRows.entries()) {
      const fitting = this.#bystanders(row).filter(host => this.#isOpenTo(row, host))
      for (let n = 0; n < times; n += 1) {
        const host = fitting[(round * times + n + kind) % fitting.length]
        if (host === undefined || this.#isExpected(row.rule, host.name)) continue
        this.expectedPages.push(this.#pageFor(row, host, host.suffer(row)))
        const also = this.#moreRows.find(known => known === row)?.also ?? []
        this.allowedPages.push(...also.map(rule => ({ rule, hostname: host.name })))
        told(host, row)
      }
    }
    for (const [kind, row] of LOOKALIKE_ROWS.entries()) {
      const fitting = this.#bystanders(row)
      fitting[(round + kind) % fitting.length]?.suffer(row)
    }
  }

  /** A flood of rows with some hostile ones of a single rule in it, which must make one page and not many. */
  flood(lines: number): void {
    const host = this.part('flooding')
    const [row] = HOSTILE_ROWS
    const first = host.suffer(row)
    if (!this.#isExpected(row.rule, host.name)) this.expectedPages.push(this.#pageFor(row, host, first))
    host.flood(lines)
    for (let n = 1; n < lines / 50; n += 1) host.suffer(row)
  }

  /** One hostile row more, once, on a host that no attack chooses. Returns its line. */
  oneMoreAttack(): string {
    const host = this.part('rubbish')
    const [row] = HOSTILE_ROWS
    const line = host.suffer(row)
    this.expectedPages.push(this.#pageFor(row, host, line))
    return line
  }

  /** The host that plays this part must page once, and resolve. */
  expectSilence(part: QuietPart): { readonly host: DemoHost; readonly page: ExpectedPage } {
    const host = this.part(part)
    const page: ExpectedPage = {
      rule: SILENCES[part],
      hostname: host.name,
      postedAt: () => null,
      resolves: true,
    }
    this.expectedPages.push(page)
    return { host, page }
  }

  /** True for the page of a hostile row on a host that neither floods nor stops sending. */
  isQuietPage(incident: Incident): boolean {
    const busy = [this.part('silent'), this.part('hanging'), this.part('flooding')].map(({ name }) => name)
    return (
      !busy.includes(incident.source) &&
      this.expectedPages.some(page => !page.resolves && isPageOf(page, incident))
    )
  }

  /** People are at work on an incident of this host: what they do has to be seen as they leave it. */
  attend(incident: Incident): void {
    this.#attended.add(incident.source)
  }

  /** Milliseconds from the post of what paged to the page; null for what no post made. */
  postToPage(incident: Incident): number | null {
    const expected = this.expectedPages.find(page => isPageOf(page, incident))
    const postedAt = expected?.postedAt() ?? null
    return postedAt === null ? null : incident.openedAt - postedAt
  }

  /** Sends what is left in all buffers, over a network that has recovered. False when something is left at the deadline. */
  async drain(deadline: number, sleep: (ms: number) => Promise<void>): Promise<boolean> {
    this.#isNetworkFlaky = false
    const left = new Set(this.hosts)
    while (left.size > 0 && Date.now() < deadline) {
      await Promise.all(
        [...left].map(async host => {
          if (await host.drain()) left.delete(host)
        }),
      )
      if (left.size > 0) await sleep(DRAIN_POLL_MS)
    }
    return left.size === 0
  }

  /** Hosts on which this row may appear: those whose part would blur the count are left out. */
  #bystanders(row: SuspectRow): DemoHost[] {
    const busy = [this.part('silent'), this.part('hanging'), this.part('rubbish'), this.part('flooding')]
    return this.hosts.filter(
      host => !busy.includes(host) && row.platforms.some(platform => platform === host.profile.platform),
    )
  }

  /** A row that is not every demo's may meet other rules too, and would open again what people have resolved. */
  #isOpenTo(row: HostileRow, host: DemoHost): boolean {
    return !(this.#moreRows.some(known => known === row) && this.#attended.has(host.name))
  }

  #isExpected(rule: string, hostname: string): boolean {
    return this.expectedPages.some(page => page.rule === rule && page.hostname === hostname)
  }

  #pageFor(row: HostileRow, host: DemoHost, line: string): ExpectedPage {
    return {
      rule: row.rule,
      hostname: host.name,
      postedAt: () => this.ledger.firstSent(line) ?? null,
      resolves: false,
    }
  }
}

/** True when this incident is the page that was expected. */
export function isPageOf(page: Pick<ExpectedPage, 'rule' | 'hostname'>, incident: Incident): boolean {
  return incident.source === page.hostname && incident.details['rule'] === page.rule
}

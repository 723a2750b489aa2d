import type { HostId } from '../../src/detect/event.ts'
import { Seed } from '../simulator/seed.ts'
import { Agent, type AgentPlan, type Fate, type Road } from './agent.ts'
import { FATES, type Happenings, type HostFate } from './happenings.ts'
import { laptopCuts, type PowerCut, serverCuts } from './power.ts'
import { DAY, HOUR, isWithin, MINUTE, WEEK_START } from './span.ts'

/**
 * How the system can know what kind of machine a host is.
 * - `tag`: somebody tagged it
 * - `facts`: its hardware model, or its membership in a scale set
 * - `rhythm`: by nothing but the nights of the days before
 * - `nothing`: a server is what is left when nothing says otherwise
 */
type KnownBy = 'tag' | 'facts' | 'rhythm' | 'nothing'
type Kind = 'server' | 'laptop' | 'ephemeral'

export interface FleetHost {
  readonly hostId: HostId
  readonly hostname: string
  readonly kind: Kind
  readonly knownBy: KnownBy
  readonly tags: readonly string[]
  readonly platform: string
  /** Vendor, model and version as `system_info` has them. */
  readonly hardware: readonly [string, string, string]
  readonly bornAt: number
  readonly fate: HostFate | null
  readonly isEaten: boolean
  /** One, or two that share an identity. */
  readonly agents: readonly Agent[]
}

export interface FleetSize {
  readonly servers: number
  readonly laptops: number
  readonly ephemeral: number
}

export const THOUSAND: FleetSize = { servers: 480, laptops: 170, ephemeral: 350 }

/** The site that is cut off, and how many servers stand there at most. */
export const CUT_SITE = 'site-c'
const CUT_SITE_SHARE = 0.05
const CUT_SITE_LEAST = 12
const SITES = ['site-a', 'site-b', 'site-d'] as const
const NOTEBOOKS = [
  ['Apple Inc.', 'MacBookPro18,3', ''],
  ['LENOVO', '21AHCTO1WW', 'ThinkPad T14 Gen 3'],
  ['Dell Inc.', 'Latitude 7420', ''],
] as const
const PLATFORMS = ['ubuntu', 'ubuntu', 'rhel', 'windows', 'debian'] as const
/** Hosts whose posts are answered by somebody in between now and then. */
const EATEN_HOSTS = 10
const EATEN_SHARE = 0.02
/** Answers that are lost on the way back. */
const REPEATED_SHARE = 0.002
/** Three years, as a dead battery of a clock or a wrong image makes it. */
const CLOCK_OFF_MS = 3 * 365 * DAY
/** Days before the week in which hosts known by their rhythm were heard. */
const HISTORY_DAYS = 8

/** The fleet of one seed. The same seed gives the same fleet, whatever is done with it. */
export function makeFleet(week: number, days: number, size: FleetSize, happens: Happenings): FleetHost[] {
  const hosts: FleetHost[] = []
  const cutSite = Math.max(CUT_SITE_LEAST, Math.round(size.servers * CUT_SITE_SHARE))
  for (let n = 0; n < size.servers; n++) {
    const fate = FATES[n] ?? null
    const isEaten = fate === null && n < FATES.length + EATEN_HOSTS
    const site = n >= size.servers - cutSite ? CUT_SITE : null
    hosts.push(server(new Seed(week * 1_000_003 + n), n, days, happens, { fate, isEaten, site }))
  }
  for (let n = 0; n < size.laptops; n++) {
    hosts.push(laptop(new Seed(week * 1_000_003 + 10_000 + n), n, days, happens))
  }
  for (let n = 0; n < size.ephemeral; n++) {
    hosts.push(ephemeral(new Seed(week * 1_000_003 + 20_000 + n), n, days, happens))
  }
  return hosts
}

interface ServerTraits {
  readonly fate: HostFate | null
  readonly isEaten: boolean
  readonly site: string | null
}

function server(seed: Seed, n: number, days: number, happens: Happenings, traits: ServerTraits): FleetHost {
  const { fate, isEaten } = traits
  const site = traits.site ?? seed.pick(SITES)
  const bornAt = WEEK_START + seed.whole(10, 30 * 60) * 1_000
  const span = fate === null ? null : happens.spans[fate]
  const dies = fate !== null && DEADLY.has(fate) && span !== null
  const plan: AgentPlan = {
    seed,
    bornAt,
    diesAt: dies ? span.from : Number.POSITIVE_INFINITY,
    cuts: cutsOf(seed, days, happens, traits),
    clockOffsetMs: fate === 'clock-is-off' ? (seed.next() < 0.5 ? -CLOCK_OFF_MS : CLOCK_OFF_MS) : 0,
    resultsPerHour: seed.pick([0, 0, 1, 4, 12]),
    enrollsEachMinute: fate === 'enrolls-in-a-loop' ? span : null,
    road: roadOf(seed, happens, { ...traits, site }),
  }
  const agents = [new Agent(plan)]
  if (fate === 'is-cloned' && span !== null) {
    agents.push(new Agent({ ...plan, seed: new Seed(n * 31 + 5), bornAt: span.from, resultsPerHour: 0 }))
  }
  const common = hostCommon(seed, `server-${n}`, 'server', agents, bornAt)
  return {
    ...common,
    knownBy: n % 3 === 0 ? 'tag' : 'nothing',
    tags: [site, ...(n % 3 === 0 ? ['server'] : [])],
    platform: seed.pick(PLATFORMS),
    hardware: ['QEMU', 'Standard PC (Q35 + ICH9, 2009)', 'pc-q35-8.2'],
    fate,
    isEaten,
  }
}

const DEADLY: ReadonlySet<HostFate> = new Set(['dies-at-night', 'dies-in-patience', 'dies-after-alert'])

function cutsOf(seed: Seed, days: number, happens: Happenings, { fate, isEaten }: ServerTraits): PowerCut[] {
  if (fate === 'comes-and-goes') {
    const { from, to } = happens.spans[fate]
    const cuts: PowerCut[] = []
    for (let at = from; at < to; at += HOUR) cuts.push({ kind: 'restart', from: at, to: at + 40 * MINUTE })
    return cuts
  }
  return fate === null && !isEaten ? serverCuts(seed, days) : []
}

function laptop(seed: Seed, n: number, days: number, happens: Happenings): FleetHost {
  const knownBy = n % 20 === 0 ? 'rhythm' : n % 10 === 1 ? 'tag' : 'facts'
  const daysBefore = knownBy === 'rhythm' ? HISTORY_DAYS : 0
  const from = WEEK_START - daysBefore * DAY
  // Whose class only its nights tell, and who comes back after a week without any, can't be told from a server.
  const cuts = laptopCuts(seed, from, days + daysBefore, knownBy !== 'rhythm')
  const plan: AgentPlan = {
    seed,
    bornAt: from + seed.whole(0, 60) * 1_000,
    diesAt: Number.POSITIVE_INFINITY,
    cuts,
    clockOffsetMs: seed.whole(-90, 90) * 1_000,
    resultsPerHour: seed.pick([0, 2, 10]),
    enrollsEachMinute: null,
    road: roadOf(seed, happens, { fate: null, isEaten: false, site: null }),
  }
  const agent = new Agent(plan)
  const common = hostCommon(seed, `laptop-${n}`, 'laptop', [agent], agent.nextAt)
  return {
    ...common,
    knownBy,
    tags: ['office', ...(knownBy === 'tag' ? ['laptop'] : [])],
    platform: seed.pick(['darwin', 'windows', 'ubuntu']),
    hardware: knownBy === 'facts' ? seed.pick(NOTEBOOKS) : ['', '', ''],
    fate: null,
    isEaten: false,
  }
}

function ephemeral(seed: Seed, n: number, days: number, happens: Happenings): FleetHost {
  const bornAt = WEEK_START + Math.floor(seed.next() * (days * DAY - HOUR))
  const plan: AgentPlan = {
    seed,
    bornAt,
    diesAt: bornAt + seed.whole(10, 600) * MINUTE,
    cuts: [],
    clockOffsetMs: 0,
    resultsPerHour: seed.pick([0, 10]),
    enrollsEachMinute: null,
    road: roadOf(seed, happens, { fate: null, isEaten: false, site: null }),
  }
  const isTagged = n % 5 < 3
  const common = hostCommon(seed, `worker-${n}`, 'ephemeral', [new Agent(plan)], bornAt)
  return {
    ...common,
    knownBy: isTagged ? 'tag' : 'facts',
    tags: ['batch', ...(isTagged ? ['ephemeral'] : [])],
    platform: 'ubuntu',
    hardware: ['Amazon EC2', 'c5.xlarge', ''],
    fate: null,
    isEaten: false,
  }
}

function hostCommon(seed: Seed, hostname: string, kind: Kind, agents: readonly Agent[], bornAt: number) {
  // As enrollment would make it; nothing looks into it.
  return { hostId: `${hostname}-${seed.hex(8)}` as HostId, hostname, kind, agents, bornAt }
}

/** The road from a host to us: what is cut, what is broken, what is lost. */
function roadOf(seed: Seed, happens: Happenings, { fate, isEaten, site }: ServerTraits): Road {
  const luck = new Seed(seed.whole(0, 2 ** 31))
  const { outage, siteCut } = happens
  const isCut = site === CUT_SITE && siteCut !== null
  const span = fate === null ? null : happens.spans[fate]
  let wasEaten = false
  return (kind: 'log' | 'config' | 'enroll', at: number): Fate => {
    if (isWithin(outage, at) && outage.kind !== 'consumer') {
      if (outage.kind === 'worker') return 'kept'
      if (kind === 'log') return outage.kind === 'log-errors' ? 'refused' : 'kept'
    }
    if (isCut && isWithin(siteCut, at)) return 'kept'
    if (span !== null && isWithin(span, at)) {
      if (fate === 'flaps-each-minute' && Math.floor(at / MINUTE) % 2 === 1) return 'kept'
      if (fate === 'logging-breaks' && kind === 'log') return 'kept'
      if (fate === 'enrolls-in-a-loop' && kind !== 'enroll') return loopRoad(span.from, at)
    }
    if (kind !== 'log') return 'taken'
    const chance = luck.next()
    wasEaten = isEaten && !wasEaten && chance < EATEN_SHARE
    if (wasEaten) return 'eaten'
    // A host whose fate is told of sends again only what was not taken: a lost answer may keep it away for another hour.
    return fate === null && chance > 1 - REPEATED_SHARE ? 'taken-again' : 'taken'
  }
}

/** For an hour it still sends between its enrollments; then each key is void before it is used. */
function loopRoad(from: number, at: number): Fate {
  return at < from + HOUR ? 'taken' : 'kept'
}

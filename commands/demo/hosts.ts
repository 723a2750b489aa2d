import { type AgentObserver, SimulatedAgent } from '../../test/simulator/agent.ts'
import { enrollmentOf, type HostProfile, hostProfile } from '../../test/simulator/host-profile.ts'
import { type SuspectRow, suspectLine } from '../../test/simulator/hostile-rows.ts'
import { activityLine, heartbeatLine, QUIET_MESSAGES } from '../../test/simulator/rows.ts'
import { Seed } from '../../test/simulator/seed.ts'
import type { Transport } from '../../test/simulator/wire.ts'

/** Short, so that a minute shows what takes a day in a real fleet; osquery's default is 4 s, ours for fleets 10 s. */
const LOG_PERIOD_S = 2
/** As much of the limit of silence as osquery's 300 s are of 15 minutes. */
const CONFIG_REFRESH_S = 4
const LINES_A_TURN = { least: 1, most: 4 } as const
const STATUS_SHARE = 0.15

/** What makes a host of the demo. */
export interface HostSurroundings {
  readonly enrollSecret: string
  readonly transport: Transport
  readonly observer: AgentObserver
  now(): number
  sleep(ms: number): Promise<void>
}

/** One simulated machine: an osqueryd and what happens on it. */
export class DemoHost {
  readonly profile: HostProfile
  readonly agent: SimulatedAgent
  readonly #seed: Seed
  readonly #surroundings: HostSurroundings
  readonly #startedAt: number
  #counter = 0
  #heartbeat: ServedHeartbeat | null = null
  #lastHeartbeat = 0
  #off = false
  #hung = false
  #beats = 0

  constructor(index: number, surroundings: HostSurroundings) {
    this.#seed = new Seed(1_000 + index)
    this.profile = hostProfile(this.#seed, index)
    this.#surroundings = surroundings
    this.#startedAt = surroundings.now()
    const { enrollSecret, transport, observer } = surroundings
    this.agent = new SimulatedAgent(
      enrollmentOf(this.profile, enrollSecret),
      { now: surroundings.now, sleep: surroundings.sleep, send: transport },
      { logPeriod: LOG_PERIOD_S, configRefresh: CONFIG_REFRESH_S, logCompress: true },
      {
        ...observer,
        configured: config => {
          // The demo's time runs faster than the config's; everything else of it is obeyed.
          this.agent.flags = { ...this.agent.flags, logPeriod: LOG_PERIOD_S }
          this.#heartbeat = heartbeatOf(config) ?? this.#heartbeat
          observer.configured?.(config)
        },
      },
    )
  }

  get name(): string {
    return this.profile.hostname
  }

  /** Lives until `stopped`: the daemon turns, and between its turns something happens on the machine. */
  async live(stopped: () => boolean): Promise<void> {
    const ended = () => stopped() || this.#off
    await Promise.all([this.agent.run(ended), this.#happen(ended)])
  }

  /** Pulls the plug. */
  powerOff(): void {
    this.#off = true
  }

  powerOn(): void {
    this.#off = false
  }

  /** Its scheduler hangs: no query runs and no line comes, while the daemon goes on asking for its config. */
  hang(): void {
    this.#hung = true
  }

  unhang(): void {
    this.#hung = false
  }

  /** How many heartbeats it has written. */
  get beats(): number {
    return this.#beats
  }

  /** Something hostile, or something that only looks so. Returns the line. */
  suffer(row: SuspectRow): string {
    this.#counter += 1
    const line = suspectLine(row, this.profile, this.#unixTime(), this.#counter)
    this.agent.logResult(line)
    return line
  }

  /** Everyday rows all at once. */
  flood(lines: number): void {
    for (let n = 0; n < lines; n += 1) this.#logActivity()
  }

  /** Sends what is left in the buffer. True when nothing is. */
  async drain(): Promise<boolean> {
    await this.agent.flush()
    return this.agent.buffer.size === 0
  }

  /** A line of everyday activity that is not buffered, for posts made by hand. */
  activityLine(): string {
    this.#counter += 1
    return activityLine(this.profile, this.#seed, this.#unixTime(), this.#counter)
  }

  async #happen(ended: () => boolean): Promise<void> {
    while (!ended()) {
      if (this.#hung) {
        await this.#surroundings.sleep(LOG_PERIOD_S * 1000)
        continue
      }
      const lines = this.#seed.whole(LINES_A_TURN.least, LINES_A_TURN.most)
      for (let n = 0; n < lines; n += 1) this.#logActivity()
      if (this.#seed.next() < STATUS_SHARE) {
        this.#counter += 1
        this.agent.logStatus(1, 'scheduler.cpp', this.#counter, this.#seed.pick(QUIET_MESSAGES))
      }
      this.#beat()
      await this.#surroundings.sleep(LOG_PERIOD_S * 1000)
    }
  }

  #logActivity(): void {
    this.agent.logResult(this.activityLine())
  }

  #beat(): void {
    const now = this.#surroundings.now()
    if (this.#heartbeat === null || now - this.#lastHeartbeat < this.#heartbeat.everyMs) return
    this.#lastHeartbeat = now
    const { name, configId } = this.#heartbeat
    const uptimeSeconds = this.#unixTime() - Math.floor(this.#startedAt / 1000) + 1
    const numbered = { pulseNumber: this.#beats, configId }
    this.#beats += 1
    this.agent.logResult(heartbeatLine(this.profile, name, this.#unixTime(), { uptimeSeconds, numbered }))
  }

  #unixTime(): number {
    return Math.floor(this.#surroundings.now() / 1000)
  }
}

/** The heartbeat query of a served config. */
interface ServedHeartbeat {
  /** Its name in log lines. */
  readonly name: string
  readonly everyMs: number
  /** The id of the config, as its text has it. */
  readonly configId: string
}

/** @returns null when the config has none */
function heartbeatOf(config: Readonly<Record<string, unknown>>): ServedHeartbeat | null {
  const query = memberOf(memberOf(memberOf(memberOf(config, 'packs'), 'margay'), 'queries'), 'heartbeat')
  const interval = Number(memberOf(query, 'interval'))
  if (!(interval > 0)) return null
  const [, configId = ''] = /'([0-9a-f]*)' AS config_id/.exec(String(memberOf(query, 'query'))) ?? []
  const delimiter = memberOf(memberOf(config, 'options'), 'pack_delimiter')
  const between = typeof delimiter === 'string' ? delimiter : '_'
  return { name: `pack${between}margay${between}heartbeat`, everyMs: interval * 1000, configId }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined
}

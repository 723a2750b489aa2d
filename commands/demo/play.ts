import type { Incident } from '../../test/simulator/pagerduty.ts'
import { Api } from './api.ts'
import { type ExpectedPage, type Fleet, isPageOf, type QuietPart } from './fleet.ts'
import type { DemoHost } from './hosts.ts'
import { type MischiefReport, makeMischief } from './mischief.ts'
import type { Narrator } from './narrator.ts'
import type { DemoOptions } from './options.ts'
import { respond } from './responders.ts'
import { SILENT_AFTER_S, type Stage } from './stage.ts'
import type { ExpectedResponse } from './verdict.ts'

/** All that a performance needs. */
export interface Scene {
  readonly options: DemoOptions
  readonly stage: Stage
  readonly fleet: Fleet
  readonly narrator: Narrator
  /** Ends early when the demo does. */
  readonly sleep: (ms: number) => Promise<void>
  readonly interrupted: AbortSignal
}

export interface Played {
  readonly seconds: number
  /** ms since the epoch. */
  readonly endedAt: number
  readonly mischief: readonly MischiefReport[]
  readonly responses: readonly ExpectedResponse[]
}

/** Without --seconds the same things happen again after so long. */
const ENDLESS_ROUND_MS = 90_000
/** When what happens, as a share of the round. The kill comes when the silent host is back, lest one hides the other. */
const AT = {
  attack: 0.1,
  silence: 0.12,
  halfDead: 0.13,
  mischief: 0.15,
  flood: 0.2,
  respond: 0.3,
  secondAttack: 0.5,
  kill: 0.75,
} as const
/** A host that has not sent three heartbeats is new, and nobody misses it yet. */
const BEATS_OF_A_LIVE_HOST = 4
/** It is missed after its limit, at the second evaluation; a busy machine may take three times as long. */
const SILENCE_DEADLINE_MS = 3 * (SILENT_AFTER_S + 4) * 1000
const WATCH_MS = 200
const FLOOD_LINES_A_SECOND = 25
const FLOOD_MOST_LINES = 2_000
const FIRST_CONTACT_DEADLINE_MS = 30_000
/** How closely the kill follows an acknowledgement: a queue batch waits up to a second, so the post is not stored yet. */
const KILL_WATCH_MS = 10
const KILL_WATCH_DEADLINE_MS = 10_000
const LAST_WORDS = 20

/** One performance: what happens on the fleet, and when. */
export class Play {
  readonly #scene: Scene
  readonly #mischief: MischiefReport[] = []
  readonly #responses: ExpectedResponse[] = []
  readonly #living: Promise<void>[] = []
  #over = false

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** Returns when the time is over and the hosts are at rest; null when it was interrupted. */
  async perform(): Promise<Played | null> {
    const { fleet, interrupted, options } = this.#scene
    const startedAt = Date.now()
    this.#living.push(...fleet.hosts.map(host => this.#live(host)))
    try {
      await this.#firstContact()
      if (options.seconds === null) {
        for (let round = 0; !this.#isOver(); round += 1) await this.#round(round, ENDLESS_ROUND_MS)
      } else await this.#round(0, options.seconds * 1000)
    } finally {
      this.#over = true
    }
    const endedAt = Date.now()
    await Promise.all(this.#living)
    if (interrupted.aborted) return null
    return {
      seconds: (Date.now() - startedAt) / 1000,
      endedAt,
      mischief: this.#mischief,
      responses: this.#responses,
    }
  }

  /** A fleet that can't enroll has no story to tell. */
  async #firstContact(): Promise<void> {
    const { fleet, narrator, sleep, stage } = this.#scene
    const deadline = Date.now() + FIRST_CONTACT_DEADLINE_MS
    const waiting = () => fleet.hosts.filter(host => host.agent.nodeKey === '').length
    while (waiting() > 0 && !this.#isOver()) {
      if (Date.now() > deadline) {
        const lastWords = stage.workerLog.slice(-LAST_WORDS).join('\n')
        throw new Error(
          `${waiting()} of ${fleet.hosts.length} hosts could not enroll. The Worker's last words:\n${lastWords}`,
        )
      }
      await sleep(100)
    }
    narrator.say(`All ${fleet.hosts.length} hosts have enrolled.`)
  }

  async #round(round: number, roundMs: number): Promise<void> {
    const startedAt = Date.now()
    const at = async (share: number, happen: () => unknown) => {
      await this.#scene.sleep(startedAt + share * roundMs - Date.now())
      if (!this.#isOver()) await happen()
    }
    await Promise.all([
      at(AT.attack, () => this.#attack(2 * round)),
      at(AT.silence, () => this.#stopSending('silent')),
      at(AT.halfDead, () => this.#stopSending('hanging')),
      at(AT.mischief, () => this.#makeMischief()),
      at(AT.flood, () => this.#flood(roundMs)),
      at(AT.respond, () => this.#respond()),
      at(AT.secondAttack, () => this.#attack(2 * round + 1)),
      ...(this.#scene.options.kill ? [at(AT.kill, () => this.#kill())] : []),
      at(1, () => undefined),
    ])
  }

  #attack(round: number): void {
    const { fleet, narrator } = this.#scene
    fleet.attack(round, (host, row) => narrator.say(`HOSTILE   ${row.what} appears on ${host.name}`))
  }

  /** A host stops sending until somebody is paged, and begins again; then that has to be over. */
  async #stopSending(part: QuietPart): Promise<void> {
    const { fleet, narrator } = this.#scene
    await this.#until(() => fleet.part(part).beats >= BEATS_OF_A_LIVE_HOST)
    if (this.#isOver()) return
    const { host, page } = fleet.expectSilence(part)
    const { stop, stops, goesOn, begins } = this.#silenceOf(part, host)
    const from = Date.now()
    stop()
    narrator.say(`QUIET     ${host.name} ${stops}.`)
    await this.#until(() => this.#incidentOf(page, from) !== undefined)
    await this.#tell(host)
    if (this.#isOver()) return
    goesOn()
    narrator.say(`BACK      ${host.name} ${begins}. Its second heartbeat will end the alert.`)
    await this.#until(() => this.#incidentOf(page, from)?.status === 'resolved')
    await this.#tell(host)
  }

  #silenceOf(part: QuietPart, host: DemoHost) {
    if (part === 'hanging') {
      return {
        stop: () => host.hang(),
        stops: 'runs no queries any more, but goes on asking for its config: it is half dead',
        goesOn: () => host.unhang(),
        begins: 'logs again',
      }
    }
    return {
      stop: () => host.powerOff(),
      stops: 'is switched off: nothing comes of it any more',
      goesOn: () => {
        host.powerOn()
        this.#living.push(this.#live(host))
      },
      begins: 'is switched on again',
    }
  }

  #incidentOf(page: ExpectedPage, from: number): Incident | undefined {
    const { incidents } = this.#scene.stage.pagerDuty.model
    return incidents.findLast(incident => isPageOf(page, incident) && incident.openedAt >= from)
  }

  /** Says what the API says of a host. */
  async #tell(host: DemoHost): Promise<void> {
    const { narrator, stage } = this.#scene
    const known = await new Api(stage.origin, stage.adminToken).host(host.name)
    if (known !== undefined) narrator.say(`STATE     ${host.name} is ${known.state}: ${known.state_reason}`)
  }

  /** Waits until it is so, as long as what is waited for may take. */
  async #until(isSo: () => boolean): Promise<void> {
    const deadline = Date.now() + SILENCE_DEADLINE_MS
    while (!isSo() && !this.#isOver() && Date.now() < deadline) await this.#scene.sleep(WATCH_MS)
  }

  async #makeMischief(): Promise<void> {
    this.#mischief.push(await makeMischief(this.#scene.fleet, this.#scene.narrator))
  }

  async #respond(): Promise<void> {
    const { fleet, narrator, sleep, stage } = this.#scene
    const { origin, adminToken, pagerDuty } = stage
    const api = new Api(origin, adminToken)
    const isQuiet = fleet.isQuietPage.bind(fleet)
    const attend = fleet.attend.bind(fleet)
    this.#responses.push(...(await respond({ pagerDuty, api, narrator, sleep, isQuiet, attend })))
  }

  #flood(roundMs: number): void {
    const { fleet, narrator } = this.#scene
    const lines = Math.min(FLOOD_MOST_LINES, Math.floor((roundMs / 1000) * FLOOD_LINES_A_SECOND))
    narrator.say(`${fleet.part('flooding').name} floods: ${lines} lines at once.`)
    fleet.flood(lines)
  }

  /** Kills the Worker at its worst moment: right after it acknowledged a hostile row. */
  async #kill(): Promise<void> {
    const { fleet, narrator, sleep, stage } = this.#scene
    const lastRow = fleet.oneMoreAttack()
    const deadline = Date.now() + KILL_WATCH_DEADLINE_MS
    while (!fleet.ledger.isAccepted(lastRow) && Date.now() < deadline) await sleep(KILL_WATCH_MS)
    narrator.say('Killing the Worker right after it acknowledged a hostile row …')
    await stage.killAndRestart()
  }

  #live(host: DemoHost): Promise<void> {
    return host.live(() => this.#isOver())
  }

  #isOver(): boolean {
    return this.#over || this.#scene.interrupted.aborted
  }
}

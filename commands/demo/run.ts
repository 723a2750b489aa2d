import { setTimeout as wait } from 'node:timers/promises'
import { Api } from './api.ts'
import { Fleet } from './fleet.ts'
import { type MischiefReport, makeMischief } from './mischief.ts'
import { Narrator } from './narrator.ts'
import type { DemoOptions } from './options.ts'
import { HEARTBEAT_S, SILENT_AFTER_S, type Stage, setStage } from './stage.ts'
import { judgePages, judgeStorage, type PagesVerdict, type StorageVerdict } from './verdict.ts'

export interface Summary {
  readonly hosts: number
  readonly seconds: number
  readonly posts: number
  readonly posted_lines: number
  readonly duplicates_sent: number
  readonly expected_events: number
  readonly stored_events: number
  readonly missing_events: number
  readonly doubled_events: number
  readonly unacknowledged_events: number
  readonly quarantined: number
  readonly quarantine_expected: number
  readonly alerts_expected: number
  readonly alerts_delivered: number
  readonly alerts_missing: readonly string[]
  readonly alerts_unexpected: readonly string[]
  readonly alerts_doubled: readonly string[]
  readonly resolved: number
  readonly post_to_page_ms: PagesVerdict['postToPageMs']
  readonly wrong_answers: readonly string[]
  readonly pagerduty_refused: number
  readonly killed: boolean
  readonly ok: boolean
}

/** Without --seconds the same things happen again after so long. */
const ENDLESS_ROUND_MS = 90_000
/** When what happens, as a share of the round. */
const AT = { attack: 0.1, silence: 0.12, mischief: 0.15, flood: 0.2, secondAttack: 0.5, kill: 0.67 } as const
/** The silent host stays away this long: missed after its limit and one cron, and some time for the page. */
const SILENCE_MS = (SILENT_AFTER_S + 6) * 1000
const FLOOD_LINES_A_SECOND = 25
const FLOOD_MOST_LINES = 2_000
const REPORT_INTERVAL_MS = 2_000
const FIRST_CONTACT_DEADLINE_MS = 30_000
/** After the end hosts empty their buffers, then the Worker works off what it took. After a kill the sweeper needs longer. */
const SETTLE_MS = { usual: 90_000, killed: 240_000 } as const
const SETTLE_POLL_MS = 2_000

/**
 * The whole demo.
 * @param write  takes one line of the story
 * @param interrupted  aborts at Ctrl-C
 * @returns the summary, or null when it was interrupted and nothing was compared
 */
export async function runDemo(
  options: DemoOptions,
  write: (line: string) => void,
  interrupted: AbortSignal,
): Promise<Summary | null> {
  let fleet: Fleet | null = null
  const narrator = new Narrator(write, incident => fleet?.postToPage(incident) ?? null)
  narrator.say('Building the Worker, laying the schema, starting both …')
  const stage = await setStage(options.port, narrator)
  // Whatever ends the demo also ends every wait of its hosts.
  const end = new AbortController()
  const signal = AbortSignal.any([interrupted, end.signal])
  try {
    const sleep = (ms: number) => wait(ms, undefined, { signal }).catch(() => undefined)
    fleet = new Fleet(options.hosts, {
      origin: stage.origin,
      enrollSecret: stage.enrollSecret,
      posted: (lines, bytes) => narrator.posted(lines, bytes),
      sleep,
    })
    introduce(narrator, stage, options)
    return await new Play(options, stage, fleet, narrator, sleep, interrupted).perform()
  } finally {
    end.abort()
    await stage.close()
  }
}

function introduce(narrator: Narrator, stage: Stage, options: DemoOptions): void {
  narrator.say(`The Worker is at ${stage.origin}; PagerDuty is played by ${stage.pagerDuty.url}.`)
  narrator.say(`API: curl -H 'Authorization: Bearer ${stage.adminToken}' ${stage.origin}/api/v1/alerts`)
  narrator.say(
    `${options.hosts} hosts enroll. Time is shortened: heartbeat every ${HEARTBEAT_S} s, silent after ${SILENT_AFTER_S} s.`,
  )
}

/** One performance: what happens when, and the comparison at the end. */
class Play {
  readonly #options: DemoOptions
  readonly #stage: Stage
  readonly #fleet: Fleet
  readonly #narrator: Narrator
  readonly #sleep: (ms: number) => Promise<void>
  readonly #interrupted: AbortSignal
  readonly #api: Api
  readonly #mischief: MischiefReport[] = []
  #over = false

  constructor(
    options: DemoOptions,
    stage: Stage,
    fleet: Fleet,
    narrator: Narrator,
    sleep: (ms: number) => Promise<void>,
    interrupted: AbortSignal,
  ) {
    this.#options = options
    this.#stage = stage
    this.#fleet = fleet
    this.#narrator = narrator
    this.#sleep = sleep
    this.#interrupted = interrupted
    this.#api = new Api(stage.origin, stage.adminToken)
  }

  async perform(): Promise<Summary | null> {
    const { seconds } = this.#options
    const startedAt = Date.now()
    const living = this.#fleet.hosts.map(host => host.live(() => this.#isOver()))
    const report = setInterval(() => this.#narrator.sayPosts(), REPORT_INTERVAL_MS)
    try {
      await this.#firstContact()
      const roundMs = seconds === null ? ENDLESS_ROUND_MS : seconds * 1000
      for (let round = 0; round === 0 || (seconds === null && !this.#isOver()); round += 1) {
        await this.#round(round, roundMs)
      }
      this.#over = true
      await Promise.all(living)
      if (this.#interrupted.aborted || seconds === null) return null
      return await this.#compare((Date.now() - startedAt) / 1000)
    } finally {
      this.#over = true
      clearInterval(report)
    }
  }

  /** A fleet that can't enroll has no story to tell. */
  async #firstContact(): Promise<void> {
    const deadline = Date.now() + FIRST_CONTACT_DEADLINE_MS
    while (this.#fleet.hosts.some(host => host.agent.nodeKey === '')) {
      if (this.#interrupted.aborted) return
      if (Date.now() > deadline) {
        const waiting = this.#fleet.hosts.filter(host => host.agent.nodeKey === '').length
        throw new Error(
          `${waiting} of ${this.#fleet.hosts.length} hosts could not enroll. The Worker's last words:\n${this.#stage.workerLog.slice(-20).join('\n')}`,
        )
      }
      await this.#sleep(100)
    }
    this.#narrator.say(`All ${this.#fleet.hosts.length} hosts have enrolled.`)
  }

  async #round(round: number, roundMs: number): Promise<void> {
    const startedAt = Date.now()
    const at = (share: number) => this.#sleep(startedAt + share * roundMs - Date.now())
    const happenings = [
      at(AT.attack).then(() => this.#attack(2 * round)),
      at(AT.silence).then(() => this.#fallSilent()),
      at(AT.mischief).then(() => this.#makeMischief()),
      at(AT.flood).then(() => this.#flood(roundMs)),
      at(AT.secondAttack).then(() => this.#attack(2 * round + 1)),
      ...(this.#options.kill ? [at(AT.kill).then(() => this.#kill())] : []),
      at(1),
    ]
    await Promise.all(happenings)
  }

  #attack(round: number): void {
    if (this.#isOver()) return
    this.#fleet.attack(round, (host, row) =>
      this.#narrator.say(`HOSTILE   ${row.what} appears on ${host.name}`),
    )
  }

  async #fallSilent(): Promise<void> {
    if (this.#isOver()) return
    const host = this.#fleet.expectSilence()
    host.powerOff()
    this.#narrator.say(`${host.name} falls silent.`)
    await this.#sleep(SILENCE_MS)
    if (this.#isOver()) return
    this.#narrator.say(`${host.name} is back.`)
    host.powerOn()
    void host.live(() => this.#isOver())
  }

  async #makeMischief(): Promise<void> {
    if (this.#isOver()) return
    this.#mischief.push(await makeMischief(this.#fleet, this.#narrator))
  }

  #flood(roundMs: number): void {
    if (this.#isOver()) return
    const lines = Math.min(FLOOD_MOST_LINES, Math.floor((roundMs / 1000) * FLOOD_LINES_A_SECOND))
    this.#narrator.say(`${this.#fleet.part('flooding').name} floods: ${lines} lines at once.`)
    this.#fleet.flood(lines)
  }

  async #kill(): Promise<void> {
    if (!this.#isOver()) await this.#stage.killAndRestart()
  }

  #isOver(): boolean {
    return this.#over || this.#interrupted.aborted
  }

  /** Lets everything come to rest, then holds what is there against what has to be. */
  async #compare(seconds: number): Promise<Summary> {
    this.#narrator.say('The time is over. Hosts send what they have left …')
    const deadline = Date.now() + SETTLE_MS[this.#options.kill ? 'killed' : 'usual']
    if (!(await this.#fleet.drain(deadline, this.#sleep)))
      this.#narrator.say('Some hosts could not send all.')
    this.#narrator.sayPosts()
    this.#narrator.say('Comparing what was posted with what is stored, and what had to page with what did …')
    for (;;) {
      const summary = this.#summary(
        seconds,
        await this.#storage(),
        this.#pages(),
        await this.#api.quarantined(),
      )
      if (summary.ok || Date.now() > deadline || this.#interrupted.aborted) return summary
      await this.#sleep(SETTLE_POLL_MS)
    }
  }

  async #storage(): Promise<StorageVerdict> {
    return judgeStorage(this.#fleet.ledger.expected, await this.#api.storedEvents())
  }

  #pages(): PagesVerdict {
    return judgePages(this.#fleet.expectedPages, this.#stage.pagerDuty.model.incidents)
  }

  #summary(seconds: number, storage: StorageVerdict, pages: PagesVerdict, quarantined: number): Summary {
    const { ledger, hosts } = this.#fleet
    const rejects = this.#mischief.reduce((sum, { rejects }) => sum + rejects, 0)
    const wrongAnswers = this.#mischief.flatMap(({ wrongAnswers }) => wrongAnswers)
    const refused = this.#stage.pagerDuty.model.arrivals.filter(({ status }) => status !== 202).length
    const left = hosts.reduce((sum, host) => sum + host.agent.buffer.size, 0)
    return {
      hosts: hosts.length,
      seconds: Math.round(seconds),
      posts: ledger.posts,
      posted_lines: ledger.postedLines,
      duplicates_sent: ledger.linesSentAgain,
      expected_events: ledger.expected.size,
      stored_events: storage.stored,
      missing_events: storage.missing.length,
      doubled_events: storage.doubled.length,
      unacknowledged_events: storage.unacknowledged,
      quarantined,
      quarantine_expected: rejects,
      alerts_expected: pages.expected,
      alerts_delivered: pages.delivered,
      alerts_missing: pages.missing,
      alerts_unexpected: pages.unexpected,
      alerts_doubled: pages.doubled,
      resolved: pages.resolved,
      post_to_page_ms: pages.postToPageMs,
      wrong_answers: wrongAnswers,
      pagerduty_refused: refused,
      killed: this.#options.kill,
      ok:
        left === 0 &&
        storage.missing.length === 0 &&
        storage.doubled.length === 0 &&
        storage.unacknowledged === 0 &&
        quarantined === rejects &&
        pages.missing.length === 0 &&
        pages.unexpected.length === 0 &&
        pages.doubled.length === 0 &&
        wrongAnswers.length === 0 &&
        refused === 0,
    }
  }
}

import { setTimeout as wait } from 'node:timers/promises'
import { packs, rules } from '../../rules/index.ts'
import { alertRouting } from '../../rules/routing.ts'
import { compare } from './compare.ts'
import { Fleet } from './fleet.ts'
import { Narrator } from './narrator.ts'
import type { DemoOptions } from './options.ts'
import { Play } from './play.ts'
import { type PlayedRow, rowOfRule } from './rule-row.ts'
import { HEARTBEAT_S, SILENT_AFTER_S, type Stage, setStage } from './stage.ts'
import type { Summary } from './summary.ts'

const REPORT_INTERVAL_MS = 2_000

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
  const moreRows = options.rule === null ? [] : [rowToPlay(options.rule)]
  const narrator = new Narrator(write, incident => fleet?.postToPage(incident) ?? null)
  narrator.say('Building the Worker, laying the schema, starting both …')
  const stage = await setStage(options.port, narrator)
  // Whatever ends the demo also ends every wait of its hosts.
  const end = new AbortController()
  const signal = AbortSignal.any([interrupted, end.signal])
  const report = setInterval(() => narrator.sayPosts(), REPORT_INTERVAL_MS)
  try {
    const sleep = (ms: number) => wait(ms, undefined, { signal }).catch(() => undefined)
    fleet = new Fleet(options.hosts, {
      origin: stage.origin,
      enrollSecret: stage.enrollSecret,
      told: narrator,
      sleep,
      moreRows,
    })
    introduce(narrator, stage, options)
    const scene = { options, stage, fleet, narrator, sleep, interrupted }
    const played = await new Play(scene).perform()
    return played === null ? null : await compare(scene, played)
  } finally {
    end.abort()
    clearInterval(report)
    await stage.close()
  }
}

/** @throws Error when there is no such rule, or it can't page by one row */
function rowToPlay(id: string): PlayedRow {
  const rule = rules.find(known => known.id === id)
  if (rule === undefined) throw new Error(`There is no rule "${id}"; npm run rules lists them.`)
  const [destination] = alertRouting.destinations
  if (destination === undefined) throw new Error('rules/routing.ts has no destination: nobody can be paged.')
  const made = rowOfRule(rule, packs, destination.minSeverity, rules)
  if (!made.ok) throw new Error(made.reason)
  return made.row
}

function introduce(narrator: Narrator, stage: Stage, options: DemoOptions): void {
  narrator.say(`The Worker is at ${stage.origin}; PagerDuty is played by ${stage.pagerDuty.url}.`)
  narrator.say(`API: curl -H 'Authorization: Bearer ${stage.adminToken}' ${stage.origin}/api/v1/alerts`)
  narrator.say(
    `${options.hosts} hosts enroll. Time is shortened: heartbeat every ${HEARTBEAT_S} s, silent after ${SILENT_AFTER_S} s.`,
  )
}

import { QUIET_MINUTES } from '../../src/staleness/gates.ts'
import type { Traffic } from '../../src/staleness/survey.ts'
import { DAY, MINUTE } from './span.ts'

const HOUR_MINUTES = 60
const DAY_MINUTES = DAY / MINUTE
const DAYS = 7

/** The counters of `docs/storage.md` that the gates ask, minute by minute. */
export class MinuteCounts {
  readonly #posts = new Map<number, number>()
  readonly #refused = new Map<number, number>()
  readonly #failed = new Map<number, number>()

  #first = Number.POSITIVE_INFINITY

  post(at: number): void {
    this.#first = Math.min(this.#first, Math.floor(at / MINUTE))
    add(this.#posts, at)
  }

  refusal(at: number): void {
    add(this.#refused, at)
  }

  failedCheck(at: number): void {
    add(this.#failed, at)
  }

  traffic(now: number): Traffic {
    const minute = Math.floor(now / MINUTE)
    const recent = (counts: ReadonlyMap<number, number>) => sum(counts, minute - 4, minute)
    return {
      posts: sum(this.#posts, minute - QUIET_MINUTES, minute),
      usualHours: this.#usualHours(minute),
      recent: {
        posts: recent(this.#posts),
        refused: recent(this.#refused),
        failedChecks: recent(this.#failed),
      },
    }
  }

  #usualHours(minute: number): number[] {
    const hours: number[] = []
    for (let day = 1; day <= DAYS; day++) {
      const from = minute - day * DAY_MINUTES - HOUR_MINUTES / 2
      if (from >= this.#first) hours.push(sum(this.#posts, from, from + HOUR_MINUTES - 1))
    }
    return hours
  }
}

function add(counts: Map<number, number>, at: number): void {
  const minute = Math.floor(at / MINUTE)
  counts.set(minute, (counts.get(minute) ?? 0) + 1)
}

function sum(counts: ReadonlyMap<number, number>, from: number, to: number): number {
  let total = 0
  for (let minute = from; minute <= to; minute++) total += counts.get(minute) ?? 0
  return total
}

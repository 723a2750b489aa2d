/** Runs before the measured ones, in which the engine compiles what it runs. */
const WARM_UPS = 3

/** Runs whose time is taken together. Some systems count in ticks of 10 ms: it takes 20 to tell 1 ms from 2. */
const RUNS = 20

/** Times the runs are taken again: a busy machine also spoils caches, and code is compiled while it runs. */
const ROUNDS = 2

/**
 * Milliseconds of processor time that one run takes, on average, in the better of the rounds. Not time on the clock: that
 * would count what else the machine does.
 *
 * @param work  given the number of the run, so that it can avoid what it remembers of the last
 */
export function cpuMs(work: (run: number) => void): number {
  let run = 0
  while (run < WARM_UPS) work(run++)
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.threadCpuUsage()
    for (let count = 0; count < RUNS; count++) work(run++)
    const { user, system } = process.threadCpuUsage(start)
    least = Math.min(least, (user + system) / 1000 / RUNS)
    // Fast enough: no need to ask again.
    if (least < 1) break
  }
  return least
}

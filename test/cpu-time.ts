/** Runs before the measured ones, in which the engine compiles what it runs. */
const WARM_UPS = 3

/**
 * Milliseconds of processor time that one run takes, on average. Not time on the clock: that would count what else the
 * machine does. Some systems count in ticks of 10 ms, so it takes some 20 runs to tell 1 ms from 2.
 *
 * @param work  given the number of the run, so that it can avoid what it remembers of the last
 */
export function cpuMs(work: (run: number) => void, runs = 20): number {
  for (let run = 0; run < WARM_UPS; run++) work(run)
  const start = process.threadCpuUsage()
  for (let run = 0; run < runs; run++) work(WARM_UPS + run)
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) / 1000 / runs
}

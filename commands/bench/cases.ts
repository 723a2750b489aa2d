import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Median CPU nanoseconds of each case, by service and case name as `workerd bench` reports them. */
export type Medians = ReadonlyMap<string, number>

/** What we read of the report of `workerd bench --format=json`. */
interface Report {
  readonly groups: readonly {
    readonly name: string
    readonly cases: readonly {
      readonly name: string
      readonly status: string
      readonly cpuNs?: { readonly median: number }
    }[]
  }[]
}

/**
 * Runs every case of a configuration in workerd.
 * @throws Error naming the case that failed
 */
export async function runCases(configPath: string): Promise<Medians> {
  const { stdout } = await run('workerd', ['bench', configPath, '--format=json'], {
    maxBuffer: 64 * 1024 * 1024,
  })
  const report: Report = JSON.parse(stdout)
  const medians = new Map<string, number>()
  for (const group of report.groups) {
    for (const { name, status, cpuNs } of group.cases) {
      if (status !== 'ok' || cpuNs === undefined) throw new Error(`${group.name} ${name}: ${status}`)
      medians.set(`${group.name} ${name}`, cpuNs.median)
    }
  }
  return medians
}

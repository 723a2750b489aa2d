import worker from '../../src/worker.ts'

/** The real Worker, so that `workerd bench` measures its start-up; it does so only for what has a case. */
export default {
  ...worker,
  bench(bench: { run(name: string, work: () => unknown): void }): void {
    bench.run('nothing', () => undefined)
  },
}

/** `npm run demo`: the main job, whole, on this machine. */

import { HELP, readOptions } from './demo/options.ts'
import { runDemo } from './demo/run.ts'
import { spoken } from './demo/summary.ts'
import { isPortFree } from './local/wrangler.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  const read = readOptions(args)
  if (read.kind === 'help') {
    console.log(HELP)
    return 0
  }
  if (read.kind === 'wrong') {
    console.error(read.reason)
    return 2
  }
  const { options } = read
  if (!(await isPortFree(options.port))) {
    console.error(
      `Port ${options.port} is taken. Stop what listens there, or choose another: npm run demo -- --port ${options.port + 1}`,
    )
    return 2
  }
  const interrupted = new AbortController()
  process.on('SIGINT', () => interrupted.abort())
  process.on('SIGTERM', () => interrupted.abort())
  const write = options.json ? (line: string) => console.error(line) : (line: string) => console.log(line)
  try {
    const summary = await runDemo(options, write, interrupted.signal)
    if (summary === null) return options.seconds === null ? 0 : 130
    if (options.json) console.log(JSON.stringify(summary))
    else write(spoken(summary))
    return summary.ok ? 0 : 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  }
}

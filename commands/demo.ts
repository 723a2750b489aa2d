/** `npm run demo`: the main job, whole, on this machine. */

import { HELP, readOptions } from './demo/options.ts'
import { runDemo, type Summary } from './demo/run.ts'
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

function spoken(summary: Summary): string {
  const page = summary.post_to_page_ms
  const lines = [
    '',
    `posted    ${summary.posted_lines} lines in ${summary.posts} posts from ${summary.hosts} hosts; ${summary.duplicates_sent} lines were sent again`,
    `stored    ${summary.stored_events} events of ${summary.expected_events}: ${summary.missing_events} missing, ${summary.doubled_events} twice`,
    `rejected  ${summary.quarantined} of ${summary.quarantine_expected} bodies and records lie in quarantine`,
    `paged     ${summary.alerts_delivered} of ${summary.alerts_expected} expected alerts; ${summary.resolved} resolved`,
    ...(page === null
      ? []
      : [
          `          post to page: half within ${page.p50} ms, 99 % within ${page.p99} ms, longest ${page.max} ms`,
        ]),
    ...summary.alerts_missing.map(text => `MISSING   ${text}`),
    ...summary.alerts_unexpected.map(text => `UNEXPECTED PAGE  ${text}`),
    ...summary.alerts_doubled.map(text => `PAGED TWICE  ${text}`),
    ...summary.wrong_answers.map(text => `WRONG ANSWER  ${text}`),
    summary.ok
      ? 'Every line is stored exactly once, and every expected alert was delivered.'
      : 'NOT as it has to be: see above.',
  ]
  return lines.join('\n')
}

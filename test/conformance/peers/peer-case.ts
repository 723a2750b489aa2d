import type { WholeWorker } from '../../whole-worker.ts'

/** What this server says to a case that another server taught. At least one of the two. */
interface PeerCase {
  /** Shows that it holds here, from outside: requests, queues, cron, PagerDuty. */
  readonly holds?: (whole: WholeWorker) => Promise<void>
  /** What is otherwise here, and why. */
  readonly differs?: string
}

export type PeerCases = Readonly<Record<string, PeerCase>>

/** A line as osquery writes it, received just now. */
export function line(name: string, columns: object, changes: object = {}): Record<string, unknown> {
  return {
    name,
    hostIdentifier: 'web-01.example.com',
    calendarTime: '',
    unixTime: Math.floor(Date.now() / 1000),
    epoch: 0,
    counter: 1,
    numerics: false,
    action: 'added',
    columns,
    ...changes,
  }
}

/** Lines of a query called q, told apart by a number. */
export const numbered = (count: number) => Array.from({ length: count }, (_, n) => line('q', { n: `${n}` }))

/** A line that the built-in rules page for: a cron job that loads code from /tmp. */
export const cronFromTmp = (changes: object = {}) =>
  line('pack_incident-response_crontab', { command: '/tmp/x', path: '/var/spool/cron/root' }, changes)

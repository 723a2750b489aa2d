import type { Severity } from './severity.ts'

/** One place alerts go to. `id` names it in delivery rows; changing it orphans what is waiting. */
export interface Destination {
  readonly id: string
  readonly type: 'pagerduty'
  /** Alerts below this severity don't go here. */
  readonly minSeverity: Severity
}

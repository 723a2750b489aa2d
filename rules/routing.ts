import type { Destination } from '../src/detect/routing.ts'

/** Where alerts go. Keys and URLs are secrets of the Worker, never written here. */
export const destinations = [
  { id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' },
] as const satisfies readonly Destination[]

import { routing } from '../src/detect/routing.ts'

/**
 * Where alerts go. Keys and URLs are secrets of the Worker, never written here:
 *
 *     { id: 'slack', type: 'slack', minSeverity: 'info' },         // SLACK_WEBHOOK_URL
 *     { id: 'webhook', type: 'webhook', minSeverity: 'medium' },   // WEBHOOK_URL, WEBHOOK_SECRET
 *
 * Without routes every destination gets what reaches its least severity. docs/alerting.md explains routes.
 */
export const alertRouting = routing({
  destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }],
  routes: [],
})

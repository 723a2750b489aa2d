import * as z from 'zod'
import { SEVERITIES } from '../../detect/severity.ts'
import { ALERT_STATUSES, listAlerts } from '../../store/alerts.ts'
import { alertItem, alertShape } from '../alert-shape.ts'
import { id, name, paging } from '../parameters.ts'
import { found, refuseCursor, route } from '../route.ts'
import { listOf } from '../shapes.ts'

export const alerts = route({
  method: 'GET',
  path: '/alerts',
  summary: 'Alerts, latest first.',
  query: z.strictObject({
    status: z.enum(ALERT_STATUSES).optional(),
    severity: z.enum(SEVERITIES).optional(),
    rule: name.optional().meta({ description: 'Only alerts of the rule with this id.' }),
    host: id.optional().meta({ description: 'Only alerts of the host with this id.' }),
    ...paging,
  }),
  answers: listOf(alertShape),
  async run({ query: { cursor, limit, ...filter } }, { world }) {
    const page = await listAlerts(world.db, filter, cursor ?? null, limit)
    if (page === null) return refuseCursor()
    return found({ items: page.items.map(alertItem), next_cursor: page.nextCursor })
  },
})

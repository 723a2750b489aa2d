import * as z from 'zod'
import { SEVERITIES } from '../../detect/severity.ts'
import { alertById } from '../../store/alerts.ts'
import { deliveriesOf } from '../../store/deliveries.ts'
import { type Match, matchesOfAlert } from '../../store/matches.ts'
import { type TimelineEntry, timelineOf } from '../../store/timeline.ts'
import { alertItem, alertShape } from '../alert-shape.ts'
import { deliveryItem, deliveryShape } from '../delivery-shape.ts'
import { id, paging } from '../parameters.ts'
import { found, refuse, refuseCursor, route } from '../route.ts'
import { moment, momentOf, objectOf, openObject } from '../shapes.ts'

const matchShape = z.object({
  row_id: z.string(),
  kind: z.enum(['match', 'rule_error']),
  host_id: z.string(),
  event_time: moment,
  matched_at: moment,
  severity: z.enum(SEVERITIES),
  title: z.string(),
  unique_value: z.string().nullable(),
  context: openObject,
  event: openObject,
})

const entryShape = z.object({ at: moment, kind: z.string(), detail: z.string() })

export const alert = route({
  method: 'GET',
  path: '/alerts/:id',
  summary: 'One alert: what matched, who was told, and what happened to it and why.',
  params: z.strictObject({ id }),
  query: z.strictObject(paging),
  answers: alertShape.extend({
    matches: z.array(matchShape).meta({ description: 'Latest first; limit and cursor page through them.' }),
    matches_next_cursor: z.string().nullable(),
    deliveries: z.array(deliveryShape),
    timeline: z.array(entryShape).meta({ description: 'Oldest first.' }),
  }),
  async run({ params, query }, { world: { db } }) {
    const [alert, matches, deliveries, timeline] = await Promise.all([
      alertById(db, params.id),
      matchesOfAlert(db, params.id, query.cursor ?? null, query.limit),
      deliveriesOf(db, params.id),
      timelineOf(db, params.id),
    ])
    if (matches === null) return refuseCursor()
    if (alert === null) return refuse('not_found', 'There is no such alert.')
    return found({
      ...alertItem(alert),
      matches: matches.items.map(matchItem),
      matches_next_cursor: matches.nextCursor,
      deliveries: deliveries.map(deliveryItem),
      timeline: timeline.map(entryItem),
    })
  },
})

function matchItem(match: Match): z.input<typeof matchShape> {
  return {
    row_id: match.rowId,
    kind: match.kind,
    host_id: match.hostId,
    event_time: momentOf(match.eventTime),
    matched_at: momentOf(match.matchedAt),
    severity: match.severity,
    title: match.title,
    unique_value: match.uniqueValue,
    context: objectOf(match.context),
    event: objectOf(match.event),
  }
}

function entryItem({ at, kind, detail }: TimelineEntry): z.input<typeof entryShape> {
  return { at: momentOf(at), kind, detail }
}

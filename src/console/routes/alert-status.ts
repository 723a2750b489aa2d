import * as z from 'zod'
import { wake } from '../../alerts/intake.ts'
import { acknowledgeAlert, resolveAlert } from '../../alerts/lifecycle.ts'
import { shownText } from '../../detect/text.ts'
import { alertById } from '../../store/alerts.ts'
import { insertAudit } from '../../store/audit.ts'
import { alertItem, alertShape } from '../alert-shape.ts'
import { by, id } from '../parameters.ts'
import { found, type Route, refuse, route } from '../route.ts'

const NOTE_MAX_CHARACTERS = 1_000

const note = z
  .string()
  .max(NOTE_MAX_CHARACTERS)
  .transform(shownText)
  .default('')
  .meta({ description: 'Why, for the timeline.' })

export const acknowledge = statusRoute(
  'acknowledge',
  'Acknowledges an open alert, here and at its destinations.',
)
export const resolve = statusRoute('resolve', 'Resolves an alert, here and at its destinations.')

/** Both changes are idempotent: an alert that is already there answers as it is. */
function statusRoute(verb: 'acknowledge' | 'resolve', summary: string): Route {
  const change = verb === 'acknowledge' ? acknowledgeAlert : resolveAlert
  return route({
    method: 'POST',
    path: `/alerts/:id/${verb}`,
    summary,
    params: z.strictObject({ id }),
    body: z.strictObject({ by, note }),
    answers: alertShape,
    async run({ params, body }, { world, deps }) {
      const before = await alertById(world.db, params.id)
      if (before === null) return refuse('not_found', 'There is no such alert.')
      if (verb === 'acknowledge' && before.status === 'resolved') {
        return refuse('conflict', 'The alert is resolved.')
      }
      const { statements, deliveryIds } = change(world.db, deps.routing.destinations, {
        alertId: params.id,
        at: world.now(),
        ...body,
      })
      const audited = { who: body.by, what: verb, subject: params.id, detail: body.note }
      await world.db.batch([...statements, insertAudit(world, audited)])
      await wake(world, deliveryIds)
      return found(alertItem((await alertById(world.db, params.id)) ?? before))
    },
  })
}

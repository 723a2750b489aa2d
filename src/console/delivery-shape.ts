import * as z from 'zod'
import { DELIVERY_STATES, type Delivery } from '../store/deliveries.ts'
import { moment, momentOf, momentOrNull } from './shapes.ts'

/** One thing told, or to be told, to one destination. */
export const deliveryShape = z.object({
  id: z.string(),
  alert_id: z.string(),
  destination: z.string(),
  action: z.enum(['trigger', 'update', 'acknowledge', 'resolve']),
  state: z.enum(DELIVERY_STATES),
  reason: z.string(),
  attempts: z.int(),
  response_status: z.int().nullable(),
  created_at: moment,
  first_attempt_at: moment.nullable(),
  next_attempt_at: moment.nullable().meta({ description: 'Null unless it is still to be sent.' }),
  delivered_at: moment.nullable(),
})

export function deliveryItem(delivery: Delivery): z.input<typeof deliveryShape> {
  const isDue = delivery.state === 'pending' || delivery.state === 'leased'
  return {
    id: delivery.deliveryId,
    alert_id: delivery.alertId,
    destination: delivery.destination,
    action: delivery.action,
    state: delivery.state,
    reason: delivery.reason,
    attempts: delivery.attempts,
    response_status: delivery.responseStatus,
    created_at: momentOf(delivery.createdAt),
    first_attempt_at: momentOrNull(delivery.firstAttemptAt),
    next_attempt_at: isDue ? momentOf(delivery.nextAttemptAt) : null,
    delivered_at: momentOrNull(delivery.deliveredAt),
  }
}

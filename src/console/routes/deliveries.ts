import * as z from 'zod'
import { DELIVERY_STATES, listDeliveries } from '../../store/deliveries.ts'
import { deliveryItem, deliveryShape } from '../delivery-shape.ts'
import { name, paging } from '../parameters.ts'
import { found, refuseCursor, route } from '../route.ts'
import { listOf } from '../shapes.ts'

export const deliveries = route({
  method: 'GET',
  path: '/deliveries',
  summary: 'What was, is, or can not be told to destinations; latest due first.',
  query: z.strictObject({
    state: z.enum(DELIVERY_STATES).optional(),
    destination: name.optional(),
    ...paging,
  }),
  answers: listOf(deliveryShape),
  async run({ query: { cursor, limit, ...filter } }, { world }) {
    const page = await listDeliveries(world.db, filter, cursor ?? null, limit)
    if (page === null) return refuseCursor()
    return found({ items: page.items.map(deliveryItem), next_cursor: page.nextCursor })
  },
})

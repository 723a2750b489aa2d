import * as z from 'zod'
import { deliveryItem, deliveryShape } from '../delivery-shape.ts'
import { by, id } from '../parameters.ts'
import { found, refuse, route } from '../route.ts'
import { testDestination } from '../test-destination.ts'

const shape = z.object({
  outcome: z.enum(['delivered', 'failed']).meta({
    description:
      'Whether the destination took the test. A failed test is not tried again; `trigger.reason` says why it failed.',
  }),
  alert_id: z.string(),
  trigger: deliveryShape.meta({ description: 'As it stood after its one attempt.' }),
  resolve: deliveryShape
    .nullable()
    .meta({ description: 'As it stands: it waits a minute behind a trigger that may have arrived.' }),
})

export const destinationTest = route({
  method: 'POST',
  path: '/destinations/:id/test',
  summary: 'Sends a marked test alert to a destination, resolves it, and answers what came of it.',
  params: z.strictObject({ id }),
  body: z.strictObject({ by }),
  answers: shape,
  async run({ params, body }, { world, deps }) {
    const destination = deps.routing.destinations.find(known => known.id === params.id)
    if (destination === undefined) return refuse('not_found', 'There is no such destination.')
    const { alertId, trigger, resolve } = await testDestination(world, destination, body.by)
    return found({
      outcome: trigger.state === 'delivered' ? ('delivered' as const) : ('failed' as const),
      alert_id: alertId,
      trigger: deliveryItem(trigger),
      resolve: resolve === null ? null : deliveryItem(resolve),
    })
  },
})

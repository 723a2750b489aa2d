import * as z from 'zod'
import { wake } from '../../alerts/intake.ts'
import { redrive as redriveChange } from '../../alerts/lifecycle.ts'
import { deliveryById } from '../../store/deliveries.ts'
import { deliveryItem, deliveryShape } from '../delivery-shape.ts'
import { by, id } from '../parameters.ts'
import { found, refuse, route } from '../route.ts'

export const redrive = route({
  method: 'POST',
  path: '/deliveries/:id/redrive',
  summary: 'Sends a parked delivery again, once what kept it from being delivered is mended.',
  params: z.strictObject({ id }),
  body: z.strictObject({ by }),
  answers: deliveryShape,
  async run({ params, body }, { world }) {
    const before = await deliveryById(world.db, params.id)
    if (before === null) return refuse('not_found', 'There is no such delivery.')
    if (before.state !== 'parked') {
      return refuse('conflict', `Only a parked delivery can be sent again; this one is ${before.state}.`)
    }
    const { statements, deliveryIds } = redriveChange(world.db, {
      deliveryId: params.id,
      at: world.now(),
      by: body.by,
    })
    await world.db.batch(statements)
    await wake(world, deliveryIds)
    return found(deliveryItem((await deliveryById(world.db, params.id)) ?? before))
  },
})

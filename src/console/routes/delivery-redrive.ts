import * as z from 'zod'
import { wake } from '../../alerts/intake.ts'
import { redrive as redriveChange } from '../../alerts/lifecycle.ts'
import { isConflict } from '../../store/assertion.ts'
import { assertRedrivesLeft, insertAudit, REDRIVES_PER_HOUR } from '../../store/audit.ts'
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
    const audited = { who: body.by, what: 'redrive', subject: params.id, detail: before.reason } as const
    try {
      await world.db.batch([
        assertRedrivesLeft(world.db, world.now()),
        ...statements,
        insertAudit(world, audited),
      ])
    } catch (error) {
      if (!isConflict(error)) throw error
      return refuse(
        'rate_limited',
        `${REDRIVES_PER_HOUR} deliveries were sent again within the last hour. What is parked when the configuration of its destination changes is sent again by itself.`,
      )
    }
    await wake(world, deliveryIds)
    return found(deliveryItem((await deliveryById(world.db, params.id)) ?? before))
  },
})

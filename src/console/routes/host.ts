import * as z from 'zod'
import { hostById } from '../../store/host-list.ts'
import { hostDetailShape, hostItem } from '../host-shape.ts'
import { id } from '../parameters.ts'
import { found, refuse, route } from '../route.ts'
import { momentOf, momentOrNull, objectOf } from '../shapes.ts'

export const host = route({
  method: 'GET',
  path: '/hosts/:id',
  summary: 'One host: when it was heard by which channel, and what it said of itself.',
  params: z.strictObject({ id }),
  answers: hostDetailShape,
  async run({ params }, { world }) {
    const row = await hostById(world.db, params.id)
    if (row === null) return refuse('not_found', 'There is no such host.')
    return found({
      ...hostItem(row),
      instance_id: row.instance_id,
      last_seen_by: {
        enroll: momentOf(row.last_enroll_at),
        config: momentOrNull(row.last_config_at),
        distributed: momentOrNull(row.last_distributed_at),
        result: momentOrNull(row.last_result_at),
        status: momentOrNull(row.last_status_at),
        pulse: momentOrNull(row.last_pulse_at),
      },
      silences: row.silence_episode,
      details: objectOf(row.details),
    })
  },
})

import * as z from 'zod'
import { hostById } from '../../store/host-list.ts'
import { hostDetail, hostDetailShape } from '../host-detail-shape.ts'
import { id } from '../parameters.ts'
import { found, refuse, route } from '../route.ts'

export const host = route({
  method: 'GET',
  path: '/hosts/:id',
  summary:
    'One host: when it was heard by which channel, its rhythm, what was lost of it, and what it said of itself.',
  params: z.strictObject({ id }),
  answers: hostDetailShape,
  async run({ params }, { world }) {
    const row = await hostById(world.db, params.id)
    return row === null ? refuse('not_found', 'There is no such host.') : found(hostDetail(row, world))
  },
})

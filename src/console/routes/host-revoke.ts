import * as z from 'zod'
import type { HostId } from '../../detect/event.ts'
import { hostById } from '../../store/host-list.ts'
import { revokeHost } from '../../store/hosts.ts'
import { hostItem, hostShape } from '../host-shape.ts'
import { id } from '../parameters.ts'
import { found, refuse, route } from '../route.ts'

export const revoke = route({
  method: 'POST',
  path: '/hosts/:id/revoke',
  summary: 'Makes all node keys of a host void. It may enroll again with a valid secret.',
  params: z.strictObject({ id }),
  answers: hostShape,
  async run({ params }, { world }) {
    // Whether it is the id of a host is what the look-up answers.
    const outcome = await revokeHost(world, params.id as HostId)
    const row = outcome === 'revoked' ? await hostById(world.db, params.id) : null
    return row === null ? refuse('not_found', 'There is no such host.') : found(hostItem(row))
  },
})

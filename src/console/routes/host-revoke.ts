import * as z from 'zod'
import type { HostId } from '../../detect/event.ts'
import { insertAudit } from '../../store/audit.ts'
import { hostById } from '../../store/host-list.ts'
import { revokeHost } from '../../store/hosts.ts'
import { hostItem, hostShape } from '../host-shape.ts'
import { by, id } from '../parameters.ts'
import { found, refuse, route } from '../route.ts'

export const revoke = route({
  method: 'POST',
  path: '/hosts/:id/revoke',
  summary: 'Makes all node keys of a host void. It may enroll again with a valid secret.',
  params: z.strictObject({ id }),
  body: z.strictObject({ by }),
  answers: hostShape,
  async run({ params, body }, { world }) {
    // Whether it is the id of a host is what the look-up answers.
    const outcome = await revokeHost(world, params.id as HostId)
    if (outcome === 'revoked') {
      const audited = { who: body.by, what: 'revoke_host', subject: params.id, detail: '' } as const
      await insertAudit(world, audited).run()
    }
    const row = outcome === 'revoked' ? await hostById(world.db, params.id) : null
    return row === null ? refuse('not_found', 'There is no such host.') : found(hostItem(row, world))
  },
})

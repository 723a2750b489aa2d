import * as z from 'zod'
import { HOST_CLASSES } from '../../staleness/host-class.ts'
import { insertAudit } from '../../store/audit.ts'
import { hostById } from '../../store/host-list.ts'
import { setHostClass } from '../../store/host-marks.ts'
import { hostItem, hostShape } from '../host-shape.ts'
import { by, id } from '../parameters.ts'
import { found, refuse, route } from '../route.ts'

export const hostClass = route({
  method: 'POST',
  path: '/hosts/:id/class',
  summary:
    'Says of which class a host is, by which its silence is judged; null leaves it to tags and guesses.',
  params: z.strictObject({ id }),
  body: z.strictObject({ class: z.enum(HOST_CLASSES).nullable(), by }),
  answers: hostShape,
  async run({ params, body }, { world }) {
    const before = await hostById(world.db, params.id)
    if (before === null) return refuse('not_found', 'There is no such host.')
    const detail = `${before.class || 'none'} to ${body.class ?? 'none'}`
    await world.db.batch([
      setHostClass(world.db, params.id, body.class ?? ''),
      insertAudit(world, { who: body.by, what: 'set_host_class', subject: params.id, detail }),
    ])
    return found(hostItem((await hostById(world.db, params.id)) ?? before, world))
  },
})

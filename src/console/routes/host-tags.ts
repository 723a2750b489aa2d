import * as z from 'zod'
import { insertAudit } from '../../store/audit.ts'
import { hostById } from '../../store/host-list.ts'
import { setHostTags } from '../../store/host-marks.ts'
import { hostItem, hostShape } from '../host-shape.ts'
import { by, id } from '../parameters.ts'
import { found, refuse, route } from '../route.ts'

/** More would be a database of its own; routes, silences and groups of hosts need a handful. */
const TAGS_MAX = 20
/** As labels of enroll secrets, which are tags too. Without a colon: `os:…` names the groups that are no tags. */
const tag = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'a tag is 1 to 64 letters, digits, dots, dashes or underscores')

export const hostTags = route({
  method: 'POST',
  path: '/hosts/:id/tags',
  summary:
    'Gives a host these tags in place of those given before; the label of its enroll secret stays one.',
  params: z.strictObject({ id }),
  body: z.strictObject({
    tags: z.array(tag).max(TAGS_MAX, `must be at most ${TAGS_MAX} tags`),
    by,
  }),
  answers: hostShape,
  async run({ params, body }, { world }) {
    const before = await hostById(world.db, params.id)
    if (before === null) return refuse('not_found', 'There is no such host.')
    const detail = `${before.tags} to ${JSON.stringify(body.tags)}`
    await world.db.batch([
      setHostTags(world.db, params.id, body.tags),
      insertAudit(world, { who: body.by, what: 'set_host_tags', subject: params.id, detail }),
    ])
    return found(hostItem((await hostById(world.db, params.id)) ?? before, world))
  },
})

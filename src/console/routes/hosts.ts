import * as z from 'zod'
import { HOST_CLASSES } from '../../staleness/host-class.ts'
import { listHosts } from '../../store/host-list.ts'
import { hostItem, hostShape } from '../host-shape.ts'
import { name, paging } from '../parameters.ts'
import { found, refuseCursor, route } from '../route.ts'
import { listOf } from '../shapes.ts'

export const hosts = route({
  method: 'GET',
  path: '/hosts',
  summary: 'Enrolled hosts, by id.',
  query: z.strictObject({
    state: name.optional().meta({
      description:
        'Only hosts in this state: new, live, late, stale, half-dead, lagging, gone, revoked. Without it those that are gone are left out.',
    }),
    class: z.enum(HOST_CLASSES).optional().meta({ description: 'Only hosts of this class.' }),
    q: name
      .optional()
      .meta({ description: 'Only hosts whose name, identifier, UUID or serial contains this.' }),
    ...paging,
  }),
  answers: listOf(hostShape),
  async run({ query }, { world }) {
    const page = await listHosts(
      world.db,
      { state: query.state, class: query.class, q: query.q },
      query.cursor ?? null,
      query.limit,
    )
    if (page === null) return refuseCursor()
    return found({ items: page.items.map(row => hostItem(row, world)), next_cursor: page.nextCursor })
  },
})

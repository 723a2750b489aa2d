import * as z from 'zod'
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
    state: name
      .optional()
      .meta({ description: 'Only hosts in this state of silence: new, live, silent, revoked.' }),
    q: name
      .optional()
      .meta({ description: 'Only hosts whose name, identifier, UUID or serial contains this.' }),
    ...paging,
  }),
  answers: listOf(hostShape),
  async run({ query }, { world }) {
    const page = await listHosts(
      world.db,
      { state: query.state, q: query.q },
      query.cursor ?? null,
      query.limit,
    )
    if (page === null) return refuseCursor()
    return found({ items: page.items.map(hostItem), next_cursor: page.nextCursor })
  },
})

import * as z from 'zod'
import { listQuarantine, type QuarantineRow, quarantineById } from '../../store/quarantine-list.ts'
import { id, name, paging } from '../parameters.ts'
import { found, refuse, refuseCursor, route } from '../route.ts'
import { listOf, moment, momentOf } from '../shapes.ts'

/** The bytes themselves are not shown: a post that could not be read may hold a node key. They lie in R2 under `r2_key`. */
const quarantinedShape = z.object({
  id: z.string(),
  quarantined_at: moment,
  host_id: z.string().nullable(),
  reason: z.string(),
  detail: z.string(),
  position: z
    .int()
    .nullable()
    .meta({ description: 'Which record of its post it was, from 0; null for a whole post.' }),
  byte_count: z.int(),
  r2_key: z.string(),
})

export const quarantine = route({
  method: 'GET',
  path: '/quarantine',
  summary: 'What could not be processed, and why; latest first.',
  query: z.strictObject({ host: id.optional(), reason: name.optional(), ...paging }),
  answers: listOf(quarantinedShape),
  async run({ query: { cursor, limit, ...filter } }, { world }) {
    const page = await listQuarantine(world.db, filter, cursor ?? null, limit)
    if (page === null) return refuseCursor()
    return found({ items: page.items.map(quarantinedItem), next_cursor: page.nextCursor })
  },
})

export const quarantined = route({
  method: 'GET',
  path: '/quarantine/:id',
  summary: 'One thing that could not be processed.',
  params: z.strictObject({ id }),
  answers: quarantinedShape,
  async run({ params }, { world }) {
    const row = await quarantineById(world.db, params.id)
    return row === null
      ? refuse('not_found', 'There is nothing of this id in quarantine.')
      : found(quarantinedItem(row))
  },
})

function quarantinedItem(row: QuarantineRow): z.input<typeof quarantinedShape> {
  const { quarantine_id, quarantined_at, ...rest } = row
  return { id: quarantine_id, quarantined_at: momentOf(quarantined_at), ...rest }
}

import * as z from 'zod'
import { listAudit } from '../../store/audit.ts'
import { paging } from '../parameters.ts'
import { found, refuseCursor, route } from '../route.ts'
import { listOf, moment, momentOf } from '../shapes.ts'

const entryShape = z.object({
  id: z.string(),
  at: moment,
  who: z.string(),
  what: z.string(),
  subject: z.string().meta({ description: 'Id of the alert, delivery, silence, host or destination.' }),
  detail: z.string(),
})

export const audit = route({
  method: 'GET',
  path: '/audit',
  summary: 'Who asked for what, and when; latest first. It is only added to.',
  query: z.strictObject(paging),
  answers: listOf(entryShape),
  async run({ query: { cursor, limit } }, { world }) {
    const page = await listAudit(world.db, cursor ?? null, limit)
    if (page === null) return refuseCursor()
    return found({
      items: page.items.map(({ auditId, at, who, what, subject, detail }) => ({
        id: auditId,
        at: momentOf(at),
        who,
        what,
        subject,
        detail,
      })),
      next_cursor: page.nextCursor,
    })
  },
})

import * as z from 'zod'
import { SILENCE_FIELDS } from '../notify/silence.ts'
import type { Silence } from '../store/silences.ts'
import { moment, momentOf, momentOrNull, objectOf } from './shapes.ts'

/** What keeps matching alerts from being told for a while. */
export const silenceShape = z.object({
  id: z.string(),
  state: z.enum(['pending', 'active', 'expired']),
  matchers: z.record(z.string(), z.string()),
  starts_at: moment,
  ends_at: moment,
  author: z.string(),
  comment: z.string(),
  created_at: moment,
  expired_at: moment.nullable().meta({ description: 'When somebody ended it before its time.' }),
  expired_by: z.string().nullable(),
})

/** @param now  ms since the epoch, which tells the state */
export function silenceItem(silence: Silence, now: number): z.input<typeof silenceShape> {
  const { startsAt, endsAt } = silence
  const matchers = objectOf(silence.matchers)
  return {
    id: silence.silenceId,
    state: endsAt <= now ? 'expired' : startsAt > now ? 'pending' : 'active',
    matchers: Object.fromEntries(
      SILENCE_FIELDS.flatMap(field => {
        const pattern = matchers[field]
        return typeof pattern === 'string' ? [[field, pattern]] : []
      }),
    ),
    starts_at: momentOf(startsAt),
    ends_at: momentOf(endsAt),
    author: silence.author,
    comment: silence.comment,
    created_at: momentOf(silence.createdAt),
    expired_at: momentOrNull(silence.expiredAt),
    expired_by: silence.expiredBy,
  }
}

import * as z from 'zod'
import { wake } from '../../alerts/intake.ts'
import { ALERT_KINDS } from '../../detect/alert-kind.ts'
import { patternOf } from '../../detect/pattern.ts'
import { SEVERITIES } from '../../detect/severity.ts'
import { shownText } from '../../detect/text.ts'
import { isConflict } from '../../store/assertion.ts'
import { insertAudit } from '../../store/audit.ts'
import { releaseSilenced } from '../../store/delivery-holds.ts'
import {
  expireSilence as expire,
  insertSilence,
  listSilences,
  SILENCES_MAX,
  type Silence,
  silenceById,
} from '../../store/silences.ts'
import { by, id, name, paging, time } from '../parameters.ts'
import { found, refuse, refuseCursor, route } from '../route.ts'
import { listOf, momentOf } from '../shapes.ts'
import { silenceItem, silenceShape } from '../silence-shape.ts'

const COMMENT_MAX_CHARACTERS = 1_000
const AUTHOR_MAX_CHARACTERS = 100
/** What should be quiet for longer is a route that mutes, or a rule that is switched off. */
const LONGEST_MS = 366 * 86_400_000
const ID_BYTES = 8

const written = (max: number) => z.string().trim().min(1).max(max).transform(shownText)

/** A word of a list, or a pattern that one of them meets: a typing error would keep nothing quiet. */
const oneOf = (words: readonly string[]) =>
  name.refine(text => words.some(patternOf(text)), `must be one of ${words.join(', ')}, or a pattern of one`)

const matchers = z
  .strictObject({
    rule: name.optional(),
    host: name.optional().meta({ description: 'Name or id of the host.' }),
    severity: oneOf(SEVERITIES).optional(),
    kind: oneOf(ALERT_KINDS).optional(),
    query: name.optional(),
    pack: name.optional(),
    alert: name.optional().meta({ description: 'Id of the alert.' }),
  })
  .refine(named => Object.keys(named).length > 0, 'must name something; {"rule": "*"} is everything')
  .meta({ description: 'All that is named must hold; `*` stands for any characters.' })

export const silences = route({
  method: 'GET',
  path: '/silences',
  summary: 'What keeps alerts quiet, and what did; latest ending first.',
  query: z.strictObject({
    ended: z
      .enum(['true', 'false'])
      .default('true')
      .meta({ description: 'Whether those that ended are listed too.' }),
    ...paging,
  }),
  answers: listOf(silenceShape),
  async run({ query: { ended, cursor, limit } }, { world }) {
    const now = world.now()
    const page = await listSilences(world.db, ended === 'true' ? null : now, cursor ?? null, limit)
    if (page === null) return refuseCursor()
    return found({ items: page.items.map(item => silenceItem(item, now)), next_cursor: page.nextCursor })
  },
})

export const silence = route({
  method: 'POST',
  path: '/silences',
  summary: 'Keeps matching alerts quiet for a while. Those still open when it ends are told then.',
  body: z.strictObject({
    matchers,
    starts_at: time.optional().meta({ description: 'Default: now.' }),
    ends_at: time,
    author: written(AUTHOR_MAX_CHARACTERS),
    comment: written(COMMENT_MAX_CHARACTERS),
  }),
  answers: silenceShape,
  async run({ body }, { world }) {
    const now = world.now()
    const startsAt = body.starts_at ?? now
    const { ends_at: endsAt, author, comment } = body
    if (endsAt <= Math.max(startsAt, now)) {
      return refuse('invalid_body', 'must be in the future and after `starts_at`', 'ends_at')
    }
    if (endsAt - Math.max(startsAt, now) > LONGEST_MS) {
      return refuse('invalid_body', 'must be at most 366 days after it starts', 'ends_at')
    }
    const made: Silence = {
      silenceId: newId(world.randomBytes(ID_BYTES)),
      matchers: JSON.stringify(body.matchers),
      startsAt,
      endsAt,
      author,
      comment,
      createdAt: now,
      expiredAt: null,
      expiredBy: null,
    }
    const { silenceId: subject } = made
    const detail = `${made.matchers} until ${momentOf(endsAt)}: ${comment}`
    try {
      await world.db.batch([
        ...insertSilence(world.db, made, now),
        insertAudit(world, { who: author, what: 'silence', subject, detail }),
      ])
    } catch (error) {
      if (!isConflict(error)) throw error
      return refuse('conflict', `There are ${SILENCES_MAX} silences already; end some.`)
    }
    return found(silenceItem(made, now))
  },
})

export const expireSilence = route({
  method: 'DELETE',
  path: '/silences/:id',
  summary: 'Ends a silence now; what it kept quiet and is still open is told. It stays listed.',
  params: z.strictObject({ id }),
  query: z.strictObject({ by }),
  answers: silenceShape,
  async run({ params, query }, { world }) {
    const now = world.now()
    const before = await silenceById(world.db, params.id)
    if (before === null) return refuse('not_found', 'There is no such silence.')
    if (before.endsAt <= now) return found(silenceItem(before, now))
    const results = await world.db.batch<{ deliveryId: string }>([
      expire(world.db, params.id, now, query.by),
      releaseSilenced(world.db, params.id, now),
      insertAudit(world, { who: query.by, what: 'expire_silence', subject: params.id, detail: '' }),
    ])
    await wake(
      world,
      (results[1]?.results ?? []).map(({ deliveryId }) => deliveryId),
    )
    return found(silenceItem((await silenceById(world.db, params.id)) ?? before, now))
  },
})

function newId(bytes: Uint8Array): string {
  return `s-${Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')}`
}

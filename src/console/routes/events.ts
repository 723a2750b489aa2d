import * as z from 'zod'
import { LOG_TYPES } from '../../detect/event.ts'
import { searchEvents } from '../../store/search.ts'
import { name, paging, time } from '../parameters.ts'
import { found, refuse, refuseCursor, route } from '../route.ts'
import { listOf } from '../shapes.ts'

/** URLs are the longest indicators. */
const SEARCH_TEXT_MAX_CHARACTERS = 2_048

const searchText = z.string().min(1).max(SEARCH_TEXT_MAX_CHARACTERS)
const texts = z.record(z.string(), z.string())

/** The event as rules see it, under the same names. */
const eventShape = z.looseObject({
  name: z.string(),
  hostIdentifier: z.string(),
  calendarTime: z.string(),
  unixTime: z.number().nullable(),
  action: z.string(),
  columns: texts.nullable(),
  decorations: texts,
  p_row_id: z.string(),
  p_log_type: z.enum(LOG_TYPES),
  p_event_time: z.number().meta({ description: 'Milliseconds since the epoch.' }),
  p_parse_time: z.number().meta({ description: 'Milliseconds since the epoch.' }),
  p_host_id: z.string(),
  p_pack: z.string(),
  p_query: z.string(),
  p_table: z.string(),
})

export const events = route({
  method: 'GET',
  path: '/events',
  summary: 'Searches the hot events, latest first. A page may be short, or empty, although more follow.',
  query: z.strictObject({
    from: time.optional().meta({ description: 'Inclusive.' }),
    to: time.optional().meta({ description: 'Exclusive.' }),
    host: name.optional().meta({ description: 'A host id, hostname or host identifier.' }),
    query: name.optional().meta({ description: "The query's name, with or without its pack." }),
    table: name.optional(),
    log_type: z.enum(LOG_TYPES).optional(),
    indicator: searchText
      .optional()
      .meta({ description: 'An address, hash, name: a whole value of a p_any_ list.' }),
    q: searchText.optional().meta({ description: 'Text anywhere in the event.' }),
    ...paging,
  }),
  answers: listOf(eventShape),
  async run({ query }, { world }) {
    const { from = null, to = null } = query
    if (from !== null && to !== null && from >= to) {
      return refuse('invalid_parameter', 'must be before `to`', 'from')
    }
    const filters = {
      from,
      to,
      host: query.host ?? null,
      query: query.query ?? null,
      table: query.table ?? null,
      logType: query.log_type ?? null,
      indicator: query.indicator ?? null,
      text: query.q ?? null,
    }
    const page = await searchEvents(world.db, filters, query.limit, query.cursor ?? null)
    if (page === null) return refuseCursor()
    return found({ items: page.items.map(event => ({ ...event })), next_cursor: page.nextCursor })
  },
})

import * as z from 'zod'
import { DESTINATION_TYPES } from '../../detect/routing.ts'
import { SEVERITIES } from '../../detect/severity.ts'
import { brokenDestinations } from '../../notify/broken.ts'
import { missingOf } from '../../notify/target.ts'
import { destinationPauses } from '../../store/destination-pauses.ts'
import { found, route } from '../route.ts'
import { listOf, moment, momentOf } from '../shapes.ts'

const destinationShape = z.object({
  id: z.string(),
  type: z.enum(DESTINATION_TYPES),
  min_severity: z.enum(SEVERITIES),
  fallback: z
    .string()
    .nullable()
    .meta({ description: 'Told of critical alerts that this destination does not take.' }),
  configured: z.boolean(),
  missing: z
    .string()
    .nullable()
    .meta({ description: 'What is missing or wrong; null when it is configured. Its alerts wait, parked.' }),
  paused_until: moment
    .nullable()
    .meta({ description: 'Nothing is sent before; null when it takes alerts now.' }),
  broken: z
    .object({ since: moment, reason: z.string(), next_probe_at: moment })
    .nullable()
    .meta({ description: 'It refuses whatever it is sent: its alerts wait, parked. Null when it does not.' }),
})

export const destinations = route({
  method: 'GET',
  path: '/destinations',
  summary: 'Where alerts can go, and whether they can; never more than one page.',
  answers: listOf(destinationShape),
  async run(_input, { deps, world }) {
    const pauses = await destinationPauses(world.db)
    const refusing = await brokenDestinations(world, deps.routing.destinations)
    const now = world.now()
    const items = deps.routing.destinations.map(destination => {
      const missing = missingOf(destination, world.settings)
      const broken = refusing.get(destination.id)
      const until = pauses.get(destination.id) ?? 0
      return {
        id: destination.id,
        type: destination.type,
        min_severity: destination.minSeverity,
        fallback: destination.fallback ?? null,
        configured: missing === null,
        missing,
        paused_until: until > now ? momentOf(until) : null,
        broken:
          broken === undefined
            ? null
            : {
                since: momentOf(broken.since),
                reason: broken.reason,
                next_probe_at: momentOf(broken.probeAt),
              },
      }
    })
    return found({ items, next_cursor: null })
  },
})

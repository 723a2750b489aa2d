import * as z from 'zod'
import { openApi } from '../openapi.ts'
import { found, route } from '../route.ts'

export const openapi = route({
  method: 'GET',
  path: '/openapi.json',
  summary: 'This description.',
  answers: z.looseObject({ openapi: z.literal('3.1.0'), paths: z.record(z.string(), z.unknown()) }),
  run(_input, { routes, deps }) {
    return found({ ...openApi(routes, deps) })
  },
})

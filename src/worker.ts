import type { Env } from './env.ts'

export default {
  async fetch(_request: Request, _env: Env): Promise<Response> {
    return Response.json({ error: 'not built yet' }, { status: 503 })
  },
} satisfies ExportedHandler<Env>

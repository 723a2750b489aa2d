import { packs, rules } from '../../rules/index.ts'
import { agentApp } from '../../src/agent/app.ts'
import { createEngine } from '../../src/detect/engine.ts'
import type { HostFacts, HostId, OsqueryEvent } from '../../src/detect/event.ts'
import { decodePost } from '../../src/ingest/decode.ts'
import { createNormalizer } from '../../src/ingest/normalize.ts'
import { sealPost } from '../../src/ingest/sealed-post.ts'
import { quietWorld } from './quiet-world.ts'

/** Served by workerd while commands/bench.ts watches how much memory it takes. */

const HOST: HostFacts = {
  id: 'benchhost' as HostId,
  name: 'web-01.example.com',
  platform: 'ubuntu',
  tags: [],
}
const RECEIVED_AT = 1_767_400_000_000

const world = quietWorld()
const agent = agentApp(world, packs)
const normalizer = createNormalizer(packs)
const engine = createEngine(rules)

export default {
  /**
   * POST /accept takes a body as the log route does; POST /seal makes it ready for the spool; POST /read decodes,
   * normalizes and judges it as the consumer does.
   */
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/accept') {
      const context = { waitUntil() {}, passThroughOnException() {}, props: {} }
      const { body, headers } = request
      const post = new Request('https://margay.example.com/api/v1/osquery/log', {
        method: 'POST',
        headers,
        body,
      })
      return await agent.fetch(post, {}, context)
    }
    const body = new Uint8Array(await request.arrayBuffer())
    if (pathname === '/seal') {
      const { gzip, end } = await sealPost(body)
      return Response.json({ bytes: gzip.byteLength, end })
    }
    return Response.json(await read(body))
  },
}

async function read(gzip: Uint8Array) {
  let events = 0
  let findings = 0
  let rejections = 0
  const post = normalizer.post({ hostId: HOST.id, receivedAt: RECEIVED_AT })
  for await (const chunk of decodePost(gzip)) {
    rejections += chunk.rejections.length
    for (const { value, repaired } of chunk.records) {
      const out: OsqueryEvent[] = []
      if (post.add(value, repaired, out) !== null) rejections += 1
      for (const event of out) findings += engine.evaluate(event, HOST).length
      events += out.length
    }
  }
  return { events, findings, rejections }
}

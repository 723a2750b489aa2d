import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { agentApp } from '../src/agent/app.ts'
import type { Pack } from '../src/detect/pack.ts'
import { pack } from '../src/detect/pack.ts'
import type { World } from '../src/env.ts'
import { classifyLogReply, type ReplyMeaning } from './osquery-reply.ts'

/** One reply as a host gets it, and what osqueryd makes of it. */
export interface AgentReply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly meaning: ReplyMeaning
}

export interface Sending {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A pack so that a config has a schedule. */
export const testPack: Pack = pack({
  name: 'margay',
  description: 'For tests.',
  queries: { heartbeat: { query: 'SELECT 1 AS beat;', interval: 300, snapshot: true } },
})

/** Sends requests to the agent routes of a world, and waits for what they do behind their reply. */
export function agentClient(world: World, packs: readonly Pack[] = [testPack]) {
  const app = agentApp(world, packs)
  return async (path: string, body: BodyInit | null, sending: Sending = {}): Promise<AgentReply> => {
    const { method = 'POST', headers = {} } = sending
    const context = createExecutionContext()
    const request = new Request(`https://margay.example.com${path}`, { method, headers, body })
    const reply = await app.fetch(request, {}, context)
    const text = await reply.text()
    await waitOnExecutionContext(context)
    return { status: reply.status, headers: reply.headers, text, meaning: classifyLogReply(text) }
  }
}

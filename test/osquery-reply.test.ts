import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { classifyLogReply, nodeKeyTakenFrom, type ReplyMeaning } from './osquery-reply.ts'

const ORACLE = '../shared/data/alerts/osquery-reply-oracle.json'

interface Oracle {
  readonly log_and_config: readonly {
    readonly status: number
    readonly body: string
    readonly log_endpoint: string
  }[]
  readonly enroll: readonly { readonly body: string; readonly result: string }[]
}

/** The oracle's words. Undefined behaviour was read in the source; the recordings say what came of it. */
const MEANINGS: readonly (readonly [start: string, readonly ReplyMeaning[]])[] = [
  ['treated as stored', ['deleted']],
  ['kept; node key dropped', ['node_invalid']],
  ['kept', ['kept']],
  ['undefined behaviour', ['deleted', 'crash']],
]

describe.runIf(existsSync(ORACLE))('the model of osqueryd agrees with what its source says', () => {
  const oracle: Oracle | null = existsSync(ORACLE) ? JSON.parse(readFileSync(ORACLE, 'utf8')) : null

  it('about every reply to a log or config request', () => {
    // Redirects, no answer at all: the transport's matter, not the body's.
    const replies =
      oracle?.log_and_config.filter(({ status }) => status >= 200 && Math.floor(status / 100) !== 3) ?? []
    expect(replies.length).toBeGreaterThan(15)
    for (const { body, log_endpoint } of replies) {
      const meanings = MEANINGS.find(([start]) => log_endpoint.startsWith(start))?.[1]
      expect(meanings, log_endpoint).toBeDefined()
      expect(meanings, body).toContain(classifyLogReply(body))
    }
  })

  it('about every reply to an enrollment', () => {
    expect(oracle?.enroll.length).toBeGreaterThan(4)
    for (const { body, result } of oracle?.enroll ?? []) {
      const key = /^enrolled with (\S+?)[:;]?(?:\s|$)/i.exec(result)?.[1] ?? null
      expect(nodeKeyTakenFrom(body), result).toBe(key)
    }
  })
})

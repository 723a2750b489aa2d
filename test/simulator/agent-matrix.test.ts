import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SimulatedAgent } from './agent.ts'
import { enrollmentOf, hostProfile } from './host-profile.ts'
import { Seed } from './seed.ts'
import type { WireAnswer, WireRequest } from './wire.ts'

const MATRIX = '../shared/data/osquery/wire/client-behaviour-matrix.json'

/** What the compiled client did, before a server that answers by scenario. */
interface Recording {
  readonly scenario: string
  /** `log`: one turn of the logger; `log2`: two, with the buffer counted after the first; others vary the flags. */
  readonly mode: string
  readonly left_in_buffer: number | null
  readonly crashed: boolean
  readonly log_posts_seen: number
  readonly node_key_after: string | null
  readonly enrollments: number | null
}

const BROKEN: WireAnswer = { kind: 'broken' }
const OK = answer(200, '{}')
const ERROR = answer(200, '{"error":"x"}')
const PROBLEM =
  '{"type":"about:blank","title":"Error 1101","status":500,"error_code":1101,"cloudflare_error":true}'

function answer(status: number, body: string, location?: string): WireAnswer {
  return { kind: 'answered', status, body, ...(location === undefined ? {} : { location }) }
}

/** Answers by scenario. `post` counts the log posts from 1, `ofKind` those of this log type. */
type Script = (post: number, ofKind: number, request: WireRequest, logType: string) => WireAnswer

const always =
  (given: WireAnswer): Script =>
  () =>
    given
const redirect =
  (status: number, location: string): Script =>
  (_post, _ofKind, request) =>
    request.path === '/log' ? answer(status, '', location) : OK

const SCRIPTS: Readonly<Record<string, Script>> = {
  ok: always(OK),
  chunked: always(OK),
  connclose: always(OK),
  '200err': always(ERROR),
  '200errnull': always(answer(200, '{"error":null}')),
  '204': always(answer(204, '')),
  '304': always(answer(304, '')),
  '401invalid': post => (post === 1 ? answer(401, '{"node_invalid":true}') : OK),
  '401obj': always(answer(401, '{}')),
  '413html': always(answer(413, '<html>413</html>')),
  '429obj': always(answer(429, '{"retry_after":30}')),
  '500empty': always(answer(500, '')),
  '500err': always(answer(500, '{"error":"x"}')),
  '500msg': always(answer(500, '{"message":"x"}')),
  '500obj': always(answer(500, '{}')),
  '503text': always(answer(503, 'Service Unavailable')),
  arr: always(answer(200, '[]')),
  arr1: always(answer(200, '[1]')),
  null: always(answer(200, 'null')),
  num: always(answer(200, '1')),
  str: always(answer(200, '"ok"')),
  ok_plain: always(answer(200, 'ok')),
  cf1101: always(answer(500, PROBLEM)),
  customerr: always(answer(429, '{"message":"x"}')),
  invalid: post => (post === 1 ? answer(200, '{"node_invalid":true}') : OK),
  invalidfalse: always(answer(200, '{"node_invalid":false}')),
  invalidnum: always(answer(200, '{"node_invalid":1}')),
  invalidstr: always(answer(200, '{"node_invalid":"true"}')),
  closealways: always(BROKEN),
  closeonce: post => (post === 1 ? BROKEN : OK),
  failtwice: (_post, ofKind, _request, logType) => (logType === 'result' && ofKind <= 2 ? ERROR : OK),
  // Answers that are cut short, or that the client can't read to their end, are broken connections to it.
  bigheader: always(BROKEN),
  http10: always(BROKEN),
  nocl: always(BROKEN),
  partial: always(BROKEN),
  early413: always(BROKEN),
  gzresp: always(answer(200, '\u001f\u008b\b\u0000')),
  redir302abs: redirect(302, 'https://other.example.com/moved'),
  redir302rel: redirect(302, '/moved'),
  redir307: redirect(307, '/moved'),
  redirhttp: redirect(302, 'http://other.example.com/moved'),
}

describe.runIf(existsSync(MATRIX))('the agent does what the compiled client did', () => {
  const recordings = existsSync(MATRIX)
    ? // Recorded by the shape above.
      (JSON.parse(readFileSync(MATRIX, 'utf8')) as Recording[])
    : []

  it('in every scenario that was recorded', () => {
    const known = new Set(Object.keys(SCRIPTS))
    expect(recordings.filter(({ scenario }) => !known.has(scenario))).toEqual([])
    expect(recordings).toHaveLength(44)
  })

  // With --tls_accept_gzip the transport unpacks the answer before the agent sees it; the model begins after that.
  it.each(recordings.filter(({ mode }) => mode !== 'logacceptgz'))(
    'when it met $scenario ($mode)',
    async recorded => {
      const script = SCRIPTS[recorded.scenario] ?? always(BROKEN)
      const seen: Record<string, number> = { result: 0, status: 0 }
      let enrollments = 0
      let posts = 0
      let now = Date.UTC(2026, 0, 1)
      const send = async (request: WireRequest): Promise<WireAnswer> => {
        if (request.path === '/enroll') {
          enrollments += 1
          return answer(200, `{"node_key":"nk-${enrollments}"}`)
        }
        const text = new TextDecoder().decode(request.body)
        const logType = text.includes('"log_type":"status"') ? 'status' : 'result'
        posts += 1
        seen[logType] = (seen[logType] ?? 0) + 1
        return script(posts, seen[logType], request, logType)
      }
      const agent = new SimulatedAgent(
        enrollmentOf(hostProfile(new Seed(1), 0), 'enroll-secret'),
        { now: () => now, sleep: async () => {}, send },
        { enrollEndpoint: '/enroll', logEndpoint: '/log' },
      )
      for (const n of [1, 2, 3]) agent.logResult(JSON.stringify({ n }))
      agent.logStatus(0, 'scheduler.cpp', 110, 'Executing scheduled query foo')

      await agent.flush()
      const left = agent.buffer.size
      now += 60_000
      if (recorded.mode === 'log2') await agent.flush()

      expect(agent.crashed).toBe(recorded.crashed)
      // A server that refuses before it has read the request counts none.
      if (recorded.scenario !== 'early413') expect(posts).toBe(recorded.log_posts_seen)
      if (recorded.crashed) return
      expect({ left, key: agent.nodeKey, enrollments }).toEqual({
        left: recorded.left_in_buffer,
        key: recorded.node_key_after,
        enrollments: recorded.enrollments,
      })
    },
  )
})

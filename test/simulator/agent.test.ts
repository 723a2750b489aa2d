import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { SimulatedAgent } from './agent.ts'
import type { AgentFlags } from './agent-flags.ts'
import { enrollmentOf, hostProfile } from './host-profile.ts'
import { Seed } from './seed.ts'
import { type Enrollment, type Transport, type WireAnswer, type WireRequest, wireBytes } from './wire.ts'

const WIRE = '../shared/data/osquery/wire'
const START = Date.UTC(2026, 0, 1)
const PERIOD_MS = 4_000
const OK: WireAnswer = { kind: 'answered', status: 200, body: '{}' }
const ERROR: WireAnswer = { kind: 'answered', status: 200, body: '{"error":"later"}' }

/** An agent in a world where waiting takes no time, and a server that answers by script. */
class Stage {
  now = START
  readonly posts: WireRequest[] = []
  readonly waits: number[] = []
  readonly agent: SimulatedAgent
  enrollments = 0
  answerLog: (request: WireRequest, post: number) => WireAnswer = () => OK

  constructor(flags: Partial<AgentFlags> = {}, enroll?: Transport) {
    const send: Transport = async request => {
      if (request.path.includes('enroll')) {
        this.enrollments += 1
        if (enroll !== undefined) return enroll(request)
        return { kind: 'answered', status: 200, body: `{"node_key":"nk-${this.enrollments}"}` }
      }
      this.posts.push(request)
      return this.answerLog(request, this.posts.length)
    }
    const sleep = async (ms: number) => {
      this.waits.push(ms)
      this.now += ms
    }
    const enrollment = enrollmentOf(hostProfile(new Seed(1), 0), 'enroll-secret')
    this.agent = new SimulatedAgent(enrollment, { now: () => this.now, sleep, send }, flags)
  }

  /** Three results and a status line, as in the recorded runs of the real client. */
  queueFour(): void {
    for (const n of [1, 2, 3]) this.agent.logResult(JSON.stringify({ n }))
    this.agent.logStatus(0, 'scheduler.cpp', 110, 'Executing scheduled query foo')
  }

  /** The `data` of a post. */
  lines(post: number): unknown[] {
    return bodyOf(this.posts[post]).data
  }
}

interface LogBody {
  readonly data: unknown[]
  readonly log_type: string
  readonly node_key: string
}

function bodyOf(request: WireRequest | undefined): LogBody {
  const text = new TextDecoder().decode(request?.body)
  return JSON.parse(text) as LogBody // the agent's own requests
}

describe('the agent, like osqueryd,', () => {
  it('enrolls before its first post and shows the key in header and body', async () => {
    const stage = new Stage()
    stage.queueFour()
    await stage.agent.flush()
    expect(stage.enrollments).toBe(1)
    expect(stage.posts.map(post => bodyOf(post).log_type)).toEqual(['result', 'status'])
    expect(bodyOf(stage.posts[0]).node_key).toBe('nk-1')
    expect(stage.posts[0]?.headers).toContainEqual(['Authorization', 'NodeKey nk-1'])
    expect(stage.agent.buffer.size).toBe(0)
  })

  it('tries to enroll twelve times, n² seconds apart, then posts with an empty key', async () => {
    const refused: WireAnswer = { kind: 'answered', status: 200, body: '{"error":"no"}' }
    const stage = new Stage({}, async () => refused)
    stage.queueFour()
    await stage.agent.enroll()
    expect(stage.waits).toEqual([1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121].map(s => s * 1000))
    await stage.agent.flush()
    expect(bodyOf(stage.posts[0]).node_key).toBe('')
    expect(stage.posts[0]?.headers.map(([name]) => name)).not.toContain('Authorization')
  })

  it('caps the wait between enrollments at 600 s', async () => {
    const stage = new Stage({ enrollMaxAttempts: 30 }, async () => ERROR)
    await stage.agent.enroll()
    expect(stage.waits.slice(23)).toEqual([576_000, ...Array.from({ length: 5 }, () => 600_000)])
  })

  it('takes a top-level id for its key, and no key that is not text', async () => {
    const replies = ['{"id":7}', '{"node_key":""}', 'nonsense', '{"id":"k","error":"x"}']
    const stage = new Stage({}, async () => ({ kind: 'answered', status: 500, body: replies.shift() ?? '' }))
    expect(await stage.agent.enroll()).toBe(true)
    expect(stage.agent.nodeKey).toBe('k')
    expect(stage.enrollments).toBe(4)
  })

  it('reads its buffer in text order, so 10 comes before 2 within a second', async () => {
    const stage = new Stage()
    for (let n = 1; n <= 12; n += 1) stage.agent.logResult(JSON.stringify({ n }))
    await stage.agent.flush()
    expect(stage.lines(0)).toEqual([1, 10, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9].map(n => ({ n })))
  })

  it('starves status lines while results fill the batch', async () => {
    const stage = new Stage({ logMaxLines: 3 })
    stage.queueFour()
    await stage.agent.flush()
    expect(stage.posts.map(post => bodyOf(post).log_type)).toEqual(['result'])
    await stage.agent.flush()
    expect(bodyOf(stage.posts[1]).log_type).toBe('status')
  })

  it('sends a superset after a failure: the same lines first, then newer ones', async () => {
    const stage = new Stage()
    stage.answerLog = (_request, post) => (post === 1 ? ERROR : OK)
    stage.agent.logResult('{"n":1}')
    await stage.agent.flush()
    stage.now += PERIOD_MS
    stage.agent.logResult('{"n":2}')
    await stage.agent.flush()
    expect(stage.lines(0)).toEqual([{ n: 1 }])
    expect(stage.lines(1)).toEqual([{ n: 1 }, { n: 2 }])
    expect(stage.agent.buffer.size).toBe(0)
  })

  it('backs off period × n² up to an hour, for results and status lines apart', async () => {
    const stage = new Stage()
    stage.answerLog = request => (bodyOf(request).log_type === 'result' ? ERROR : OK)
    stage.agent.logResult('{"n":1}')
    const at: number[] = []
    for (let second = 0; second < 3 * 3_600; second += 4) {
      stage.now = START + second * 1000
      const before = stage.posts.length
      stage.agent.logStatus(1, 'a.cpp', 1, 'tick')
      await stage.agent.flush()
      const results = stage.posts.slice(before).filter(post => bodyOf(post).log_type === 'result')
      if (results.length > 0) at.push(second)
    }
    expect(at.slice(0, 5)).toEqual([0, 4, 20, 56, 120])
    const gaps = at.slice(1).map((second, index) => second - (at[index] ?? 0))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3_600)
    const statusPosts = stage.posts.filter(post => bodyOf(post).log_type === 'status')
    expect(statusPosts).toHaveLength((3 * 3_600) / 4)
  })

  it('sends the same request again at once when the connection breaks', async () => {
    const stage = new Stage()
    stage.answerLog = (_request, post) => (post === 1 ? { kind: 'broken' } : OK)
    stage.agent.logResult('{"n":1}')
    await stage.agent.flush()
    expect(stage.posts).toHaveLength(2)
    expect(stage.posts[1]).toBe(stage.posts[0])
    expect(stage.agent.buffer.size).toBe(0)
  })

  it('makes no second try after a timeout', async () => {
    const stage = new Stage()
    stage.answerLog = () => ({ kind: 'timeout' })
    stage.agent.logResult('{"n":1}')
    await stage.agent.flush()
    expect(stage.posts).toHaveLength(1)
    expect(stage.agent.buffer.size).toBe(1)
  })

  it('loses a line that is too long, leaves a warning, and keeps its neighbours', async () => {
    const stage = new Stage({ logMaxLineSize: 100 })
    stage.agent.logResult('{"n":1}')
    stage.agent.logResult(JSON.stringify({ n: 'x'.repeat(200) }))
    stage.agent.logResult('not json')
    await stage.agent.flush()
    expect(stage.lines(0)).toEqual([{ n: 1 }])
    expect(stage.agent.buffer.first(9).map(line => line.text)).toEqual([
      expect.stringContaining('"message":"Linesize exceeds TLS logger maximum: 208"'),
    ])
  })

  it('purges the oldest lines of both kinds beyond its limit and says so', async () => {
    const stage = new Stage({ bufferedLogMax: 3 })
    stage.answerLog = () => ERROR
    for (let n = 1; n <= 4; n += 1) {
      if (n % 2 === 0) stage.agent.logStatus(1, 'a.cpp', n, `status ${n}`)
      else stage.agent.logResult(JSON.stringify({ n }))
      stage.now += 1_000
    }
    await stage.agent.flush()
    const kept = stage.agent.buffer.first(9).map(line => line.text)
    expect(kept.some(text => text.includes('"n":1'))).toBe(false)
    expect(kept.some(text => text.includes('"n":3'))).toBe(true)
    expect(kept.at(-1)).toContain('Purging buffered logs limit (3) exceeded: 4')
  })

  it('takes over what the config says of the logger', async () => {
    const stage = new Stage()
    const options = { logger_tls_period: 10, logger_tls_max_lines: 250, logger_tls_backoff_max: 'x' }
    stage.answerLog = () => ({ kind: 'answered', status: 500, body: JSON.stringify({ options }) })
    await stage.agent.fetchConfig()
    expect(stage.agent.flags).toMatchObject({ logPeriod: 10, logMaxLines: 250, logBackoffMax: 3_600 })
  })

  it('asks three times for a config that holds an error, and keeps the old one', async () => {
    const stage = new Stage()
    stage.answerLog = () => ERROR
    expect(await stage.agent.fetchConfig()).toBeNull()
    expect(stage.posts).toHaveLength(3)
    expect(stage.waits).toEqual([1_000, 4_000])
  })
})

describe.runIf(existsSync(WIRE))('the agent on the wire', () => {
  const golden = (name: string) => readFileSync(`${WIRE}/${name}.http`)
  const bodyText = (bytes: Buffer) => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
  const hostHeader = (bytes: Buffer) => /Host: (\S+)/.exec(bytes.toString('latin1'))?.[1] ?? ''

  async function sentFor(name: string, flags: Partial<AgentFlags> = {}): Promise<WireRequest> {
    const body = bodyText(golden(name))
    const text = (body[0] === 0x1f ? gunzipSync(body) : body).toString('utf8')
    const { data, log_type } = JSON.parse(text) as LogBody // recorded log posts
    const stage = new Stage({ logEndpoint: '/log', ...flags })
    const kind = log_type === 'status' ? 'status' : 'result'
    for (const line of data) stage.agent.buffer.add(kind, JSON.stringify(line), 1_767_225_661)
    await stage.agent.flush()
    const [request] = stage.posts
    if (request === undefined) throw new Error('nothing was sent')
    return request
  }

  it.each(['log-result', 'log-status'])('sends %s byte for byte', async name => {
    const bytes = wireBytes(await sentFor(name), hostHeader(golden(name)))
    expect(Buffer.from(bytes).toString('utf8')).toBe(golden(name).toString('utf8'))
  })

  it('sends a compressed post with the same head and the same text inside', async () => {
    const recorded = golden('log-result-gzip')
    const request = await sentFor('log-result-gzip', { logCompress: true })
    const head = (bytes: Buffer) =>
      bytes
        .subarray(0, bytes.indexOf('\r\n\r\n'))
        .toString('latin1')
        .replace(/Content-Length: \d+/, 'Content-Length: n')
    expect(head(Buffer.from(wireBytes(request, hostHeader(recorded))))).toBe(head(recorded))
    expect(gunzipSync(request.body).toString('utf8')).toBe(gunzipSync(bodyText(recorded)).toString('utf8'))
  })

  it('enrolls and asks for config byte for byte', async () => {
    const recorded = golden('enroll')
    const body = JSON.parse(bodyText(recorded).toString('utf8')) as Record<string, string> & {
      host_details: Enrollment['details']
    } // a recorded enrollment
    const sent: WireRequest[] = []
    const agent = new SimulatedAgent(
      {
        enrollSecret: body['enroll_secret'] ?? '',
        hostIdentifier: body['host_identifier'] ?? '',
        platformType: body['platform_type'] ?? '',
        details: body.host_details,
      },
      {
        now: () => START,
        sleep: async () => {},
        send: async request => {
          sent.push(request)
          return { kind: 'answered', status: 200, body: '{"node_key":"nk-1"}' }
        },
      },
      { enrollEndpoint: '/enroll', configEndpoint: '/raw' },
    )
    await agent.fetchConfig()
    const bytes = sent.map((request, index) =>
      Buffer.from(wireBytes(request, hostHeader(golden(index === 0 ? 'enroll' : 'config')))).toString('utf8'),
    )
    expect(bytes).toEqual([recorded.toString('utf8'), golden('config').toString('utf8')])
  })
})

/**
 * A model of osqueryd as a TLS client, true to what the real one (5.23) does rather than to what one would expect:
 * HTTP statuses are never looked at, only the body decides; a retry is a superset of the failed post; a broken
 * connection doubles the request. Facts: osquery `plugins/logger/buffered.cpp`, `tls_logger.cpp`,
 * `remote/transports/tls.cpp`, `remote/utility.h`, held against recorded behaviour in agent.test.ts.
 *
 * Clock, waiting and network come in, so a test runs hours of it in no time and the demo in real time.
 */

import { classifyLogReply, nodeKeyTakenFrom } from '../osquery-reply.ts'
import { type AgentFlags, OSQUERY_DEFAULTS } from './agent-flags.ts'
import { deliver } from './deliver.ts'
import { type BufferedLine, LineBuffer, type LineKind } from './line-buffer.ts'
import { calendarTime } from './result-line.ts'
import {
  configRequest,
  type Enrollment,
  enrollRequest,
  logRequest,
  OSQUERY_VERSION,
  type Transport,
  type WireAnswer,
} from './wire.ts'

/** Config is asked for three times in one go, 1 and 4 s apart (`--config_tls_max_attempts`). */
const CONFIG_ATTEMPTS = 3
/** After a failed refresh the next comes sooner (`--config_accelerated_refresh`), seconds. */
const CONFIG_ACCELERATED_REFRESH = 300
const WARNING = 1

/** What a watcher of the agent is told; the demo counts by it. */
export interface AgentObserver {
  /** A log post is about to leave. `attempt` counts the tries for these first lines, from 1. */
  sending?(kind: LineKind, lines: readonly BufferedLine[], attempt: number): void
  /** The server took the lines and the agent forgot them. */
  accepted?(kind: LineKind, lines: readonly BufferedLine[]): void
  /** The server did not take the lines; they stay in the buffer. */
  kept?(kind: LineKind, lines: readonly BufferedLine[], reason: string): void
  /** The same post leaves a second time because the connection broke. */
  sentAgain?(kind: LineKind, lines: readonly BufferedLine[]): void
  enrolled?(nodeKey: string): void
  configured?(config: Readonly<Record<string, unknown>>): void
}

export interface AgentWorld {
  /** Milliseconds since the epoch. */
  now(): number
  sleep(ms: number): Promise<void>
  readonly send: Transport
}

/** What one post came to. `crashed` is the segmentation fault on a reply that is a JSON text or number. */
type PostOutcome = 'taken' | 'kept' | 'node_invalid' | 'crashed'

export class SimulatedAgent {
  readonly buffer = new LineBuffer()
  flags: AgentFlags
  /** Set when a reply killed the process; a crashed agent does nothing any more. */
  crashed = false
  nodeKey = ''

  readonly #enrollment: Enrollment
  readonly #world: AgentWorld
  readonly #observer: AgentObserver
  readonly #failures: Record<LineKind, number> = { result: 0, status: 0 }
  readonly #notBefore: Record<LineKind, number> = { result: 0, status: 0 }

  constructor(
    enrollment: Enrollment,
    world: AgentWorld,
    flags: Partial<AgentFlags> = {},
    observer: AgentObserver = {},
  ) {
    this.#enrollment = enrollment
    this.#world = world
    this.#observer = observer
    this.flags = { ...OSQUERY_DEFAULTS, ...flags }
  }

  /** Buffers one result line, as the scheduler does after a query. */
  logResult(line: string): BufferedLine {
    return this.buffer.add('result', line, this.#unixTime())
  }

  /** Buffers a line of the agent's own log. */
  logStatus(severity: number, filename: string, line: number, message: string): BufferedLine {
    const at = this.#unixTime()
    const text = JSON.stringify({
      hostIdentifier: this.#enrollment.hostIdentifier,
      calendarTime: calendarTime(at),
      unixTime: at,
      severity,
      filename,
      line,
      message,
      version: OSQUERY_VERSION,
    })
    return this.buffer.add('status', text, at)
  }

  /** Asks for a key until one comes: up to 12 tries, n² seconds apart, at most 600. True when a key is held. */
  async enroll(): Promise<boolean> {
    for (let attempt = 1; !this.crashed; attempt += 1) {
      const answer = await deliver(
        this.#world.send,
        enrollRequest(this.flags.enrollEndpoint, this.#enrollment),
      )
      const nodeKey = answer.kind === 'answered' ? nodeKeyTakenFrom(answer.body) : null
      if (nodeKey !== null) {
        this.nodeKey = nodeKey
        this.#observer.enrolled?.(nodeKey)
        return true
      }
      if (attempt === this.flags.enrollMaxAttempts) return false
      await this.#world.sleep(Math.min(attempt ** 2, this.flags.enrollMaxInterval) * 1000)
    }
    return false
  }

  /** Fetches the config in up to three tries. Null when none came; the old schedule then keeps running. */
  async fetchConfig(): Promise<Readonly<Record<string, unknown>> | null> {
    for (let attempt = 1; attempt <= CONFIG_ATTEMPTS && !this.crashed; attempt += 1) {
      await this.#ensureKey()
      const answer = await deliver(this.#world.send, configRequest(this.flags.configEndpoint, this.nodeKey))
      if (this.#outcome(answer) === 'taken' && answer.kind === 'answered') {
        const config = objectOf(answer.body)
        this.#applyOptions(config['options'])
        this.#observer.configured?.(config)
        return config
      }
      if (attempt < CONFIG_ATTEMPTS) await this.#world.sleep(attempt ** 2 * 1000)
    }
    return null
  }

  /**
   * One turn of the logger: the first lines of the buffer, one post for results, then one for status lines. A kind that
   * failed waits period × n² seconds on its own; its lines still take their places in the batch.
   */
  async flush(): Promise<void> {
    if (this.crashed) return
    const batch = this.buffer.first(this.flags.logMaxLines)
    for (const kind of ['result', 'status'] as const) {
      const lines = batch.filter(line => line.kind === kind)
      if (lines.length > 0 && this.#world.now() >= this.#notBefore[kind]) await this.#post(kind, lines)
      if (this.crashed) return
    }
    const buffered = this.buffer.size
    if (this.buffer.purge(this.flags.bufferedLogMax).length > 0) {
      this.logStatus(
        WARNING,
        'buffered.cpp',
        137,
        `Purging buffered logs limit (${this.flags.bufferedLogMax}) exceeded: ${buffered}`,
      )
    }
  }

  /** Runs as the daemon does until `stopped` says so: enroll, config, then the logger's turns and config refreshes. */
  async run(stopped: () => boolean): Promise<void> {
    await this.#ensureKey()
    let nextConfig = 0
    while (!stopped() && !this.crashed) {
      if (this.#world.now() >= nextConfig) nextConfig = await this.#refreshConfig()
      await this.flush()
      await this.#world.sleep(this.flags.logPeriod * 1000)
    }
  }

  async #refreshConfig(): Promise<number> {
    const config = await this.fetchConfig()
    if (this.flags.configRefresh === 0) return Number.POSITIVE_INFINITY
    const wait =
      config === null
        ? Math.min(this.flags.configRefresh, CONFIG_ACCELERATED_REFRESH)
        : this.flags.configRefresh
    return this.#world.now() + wait * 1000
  }

  async #post(kind: LineKind, lines: readonly BufferedLine[]): Promise<void> {
    await this.#ensureKey()
    const texts = lines.map(line => line.text).filter(text => this.#isSendable(text))
    const { logEndpoint, logCompress } = this.flags
    const request = await logRequest(logEndpoint, this.nodeKey, kind, texts, logCompress)
    this.#observer.sending?.(kind, lines, this.#failures[kind] + 1)
    const answer = await deliver(this.#world.send, request, () => this.#observer.sentAgain?.(kind, lines))
    const outcome = this.#outcome(answer)
    if (outcome === 'taken') {
      this.buffer.delete(lines)
      this.#failures[kind] = 0
      this.#notBefore[kind] = 0
      this.#observer.accepted?.(kind, lines)
      return
    }
    this.#failures[kind] += 1
    const wait = Math.min(this.flags.logPeriod * this.#failures[kind] ** 2, this.flags.logBackoffMax)
    this.#notBefore[kind] = this.#world.now() + wait * 1000
    this.#observer.kept?.(kind, lines, answer.kind === 'answered' ? outcome : answer.kind)
  }

  /** Lines that are too long are lost with a warning; lines that are no JSON are lost without one. */
  #isSendable(text: string): boolean {
    const size = new TextEncoder().encode(text).length
    if (size > this.flags.logMaxLineSize) {
      this.logStatus(WARNING, 'tls_logger.cpp', 142, `Linesize exceeds TLS logger maximum: ${size}`)
      return false
    }
    return isJson(text)
  }

  #outcome(answer: WireAnswer): PostOutcome {
    if (answer.kind !== 'answered') return 'kept'
    switch (classifyLogReply(answer.body)) {
      case 'deleted':
        return 'taken'
      case 'node_invalid':
        this.nodeKey = ''
        return 'node_invalid'
      case 'crash':
        this.crashed = true
        return 'crashed'
      case 'kept':
        return 'kept'
    }
  }

  /** A request without a key goes out all the same, with an empty one, when enrollment fails. */
  async #ensureKey(): Promise<void> {
    if (this.nodeKey === '') await this.enroll()
  }

  /** Flags that the config may change while the daemon runs (since 5.12). */
  #applyOptions(options: unknown): void {
    if (typeof options !== 'object' || options === null) return
    const given = new Map(Object.entries(options))
    const number = (name: string, current: number) => {
      const value = Number(given.get(name) ?? current)
      return Number.isInteger(value) && value > 0 ? value : current
    }
    this.flags = {
      ...this.flags,
      logPeriod: number('logger_tls_period', this.flags.logPeriod),
      logMaxLines: number('logger_tls_max_lines', this.flags.logMaxLines),
      logBackoffMax: number('logger_tls_backoff_max', this.flags.logBackoffMax),
    }
  }

  #unixTime(): number {
    return Math.floor(this.#world.now() / 1000)
  }
}

function objectOf(body: string): Readonly<Record<string, unknown>> {
  if (!isJson(body)) return {}
  const value: unknown = JSON.parse(body)
  // Any non-null object may be read by name; arrays have none of the names asked for.
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { setInterval as every } from 'node:timers'

const SECOND_MS = 1_000

/** What a server that answers badly has before it: one request, whose body it may read. */
interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Reads the whole body. */
  body(): Promise<string>
  /** Does what the request asks for, as PagerDuty would; answers the status and body that PagerDuty would answer. */
  apply(body: string): { readonly status: number; readonly body: string }
  /** Does it later: at the word of the test. */
  applyLater(body: string): void
  /** Counts bytes of an answer that were written. */
  wrote(bytes: number): void
}

/** One way to treat a request badly. */
export type Badness = (visit: Visit) => Promise<void>

/** Takes everything as PagerDuty does. */
export const well: Badness = async ({ body, apply, response }) => {
  const reply = apply(await body())
  response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body)
}

/** Reads the request and never answers. Nothing came of it. */
export const mute: Badness = async ({ body }) => {
  await body()
}

/** Does what it is asked for and never answers. */
export const appliesAndHangs: Badness = async ({ body, apply }) => {
  apply(await body())
}

/** Never answers, and does what it was asked for when the test says so. */
export const appliesLate: Badness = async ({ body, applyLater }) => {
  applyLater(await body())
}

/** Does what it is asked for, and resets the connection instead of saying so. */
export const appliesAndResets: Badness = async ({ request, body, apply }) => {
  apply(await body())
  request.socket.resetAndDestroy()
}

/** Begins the answer, one byte a second: its head alone would take a minute. */
export const drips: Badness = async ({ request, body, apply, wrote }) => {
  apply(await body())
  const head = 'HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
  let at = 0
  const drip = every(() => {
    request.socket.write(head.charAt(at))
    wrote(1)
    at += 1
    if (at === head.length) clearInterval(drip)
  }, SECOND_MS)
  request.socket.once('close', () => clearInterval(drip))
}

/** Says 202 and how long the rest is, and sends nothing of it. */
export const stalls: Badness = async ({ response, body, apply }) => {
  apply(await body())
  response.writeHead(202, { 'content-length': '100' })
  response.flushHeaders()
}

const KIB = 'x'.repeat(1_024)

/** Says that it failed, in a text without end: a kibibyte each few milliseconds, so that what is sent is soon read. */
export const endless: Badness = async ({ response, body, wrote }) => {
  await body()
  response.writeHead(500, { 'content-type': 'text/plain' })
  const pour = every(() => {
    response.write(KIB)
    wrote(KIB.length)
  }, 5)
  response.once('close', () => clearInterval(pour))
}

/** The same as fast as it is taken. */
export const flood: Badness = async ({ response, body, wrote }) => {
  await body()
  response.writeHead(500, { 'content-type': 'text/plain' })
  const pour = () => {
    while (!response.destroyed && response.write(KIB.repeat(16))) wrote(16 * KIB.length)
  }
  response.on('drain', pour)
  pour()
}

/** Sends whoever asks to another door, behind which nobody should look. */
export const redirectsTo =
  (location: string): Badness =>
  async ({ response, body }) => {
    await body()
    response.writeHead(307, { location }).end()
  }

/** Takes it, and answers with a head of a mebibyte. */
export const hugeHead: Badness = async ({ request, body, apply }) => {
  apply(await body())
  const lines = Array.from({ length: 1_024 }, (_, n) => `x-${n}: ${KIB}\r\n`)
  request.socket.end(`HTTP/1.1 202 Accepted\r\n${lines.join('')}content-length: 0\r\n\r\n`)
}

/** Something in between says sorry to people. */
export const htmlPage: Badness = async ({ response, body }) => {
  await body()
  response
    .writeHead(502, { 'content-type': 'text/html' })
    .end(`<html><title>Bad gateway</title>${'<p>'.repeat(9_000)}`)
}

/** Closes the connection before it has read anything. */
export const hangsUp: Badness = async ({ request }) => {
  request.socket.destroy()
}

/** Answers this status. */
export const answers =
  (status: number, text = '', headers: Readonly<Record<string, string>> = {}): Badness =>
  async ({ response, body }) => {
    await body()
    response.writeHead(status, headers).end(text)
  }

import type { LineKind } from './line-buffer.ts'

/** One request as the client means to send it. Header order is the client's; Host and Content-Length are the transport's. */
export interface WireRequest {
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array
}

export type WireAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly location?: string }
  /** The connection broke before a whole answer came: the client sends the same request again at once. */
  | { readonly kind: 'broken' }
  /** Nothing within the client's 16 s: no second try. */
  | { readonly kind: 'timeout' }

/** Carries one request to the server. Never rejects: what goes wrong on the way is an answer too. */
export type Transport = (request: WireRequest) => Promise<WireAnswer>

/** The whole time of a request: connect, upload, answer. Fixed in osquery since 2.0. */
export const REQUEST_TIMEOUT_MS = 16_000

export const OSQUERY_VERSION = '5.23.1'

const utf8 = new TextEncoder()

/** `host_details` of an enrollment: the first row of each of the four tables. */
export interface HostDetails {
  readonly os_version: Readonly<Record<string, string>>
  readonly osquery_info: Readonly<Record<string, string>>
  readonly platform_info: Readonly<Record<string, string>>
  readonly system_info: Readonly<Record<string, string>>
}

export interface Enrollment {
  readonly enrollSecret: string
  readonly hostIdentifier: string
  /** Bit mask as decimal text: Linux 9, macOS 21, Windows 2. */
  readonly platformType: string
  readonly details: HostDetails
}

export function enrollRequest(path: string, enrollment: Enrollment): WireRequest {
  const body = {
    enroll_secret: enrollment.enrollSecret,
    host_identifier: enrollment.hostIdentifier,
    platform_type: enrollment.platformType,
    host_details: enrollment.details,
  }
  return { path, headers: headers(''), body: utf8.encode(JSON.stringify(body)) }
}

/** A config or distributed-read request: nothing but the key. */
export function configRequest(path: string, nodeKey: string): WireRequest {
  return { path, headers: headers(nodeKey), body: utf8.encode(JSON.stringify({ node_key: nodeKey })) }
}

/**
 * A log post. Uncompressed bodies are written `data, log_type, node_key`, compressed ones `node_key, log_type, data`.
 * @param lines  JSON texts; they are placed into the body as they are
 */
export async function logRequest(
  path: string,
  nodeKey: string,
  kind: LineKind,
  lines: readonly string[],
  compress: boolean,
): Promise<WireRequest> {
  const data = `"data":[${lines.join(',')}]`
  const type = `"log_type":${JSON.stringify(kind)}`
  const key = `"node_key":${JSON.stringify(nodeKey)}`
  if (!compress) {
    return { path, headers: headers(nodeKey), body: utf8.encode(`{${data},${type},${key}}`) }
  }
  return {
    path,
    headers: [...headers(nodeKey), ['Content-Encoding', 'gzip']],
    body: await gzip(utf8.encode(`{${key},${type},${data}}`)),
  }
}

/** The bytes on the wire, head and body, for a server called `host`. */
export function wireBytes(request: WireRequest, host: string): Uint8Array {
  const lines = [
    `POST ${request.path} HTTP/1.1`,
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
    `Host: ${host}`,
    `Content-Length: ${request.body.length}`,
  ]
  const head = utf8.encode(`${lines.join('\r\n')}\r\n\r\n`)
  const bytes = new Uint8Array(head.length + request.body.length)
  bytes.set(head)
  bytes.set(request.body, head.length)
  return bytes
}

export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** In the client's order. The key travels in the header only since 5.23, never on enroll, and only when one is held. */
function headers(nodeKey: string): [string, string][] {
  const common: [string, string][] = [
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json'],
    ['User-Agent', `osquery/${OSQUERY_VERSION}`],
  ]
  return nodeKey === '' ? common : [...common, ['Authorization', `NodeKey ${nodeKey}`]]
}

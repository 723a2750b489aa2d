import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { REQUEST_TIMEOUT_MS, type Transport, type WireAnswer, type WireRequest } from './wire.ts'

/**
 * The network as osqueryd uses it: a new connection for each request, exactly its headers in its order.
 * @param origin  `http://host:port` or `https://…`; http is for servers on this machine
 * @param ca  certificate to trust for https, PEM
 */
export function networkTransport(origin: string, ca?: string): Transport {
  const { protocol, hostname, port, host } = new URL(origin)
  const open = protocol === 'https:' ? httpsRequest : httpRequest
  return request =>
    new Promise(resolve => {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
      const outgoing = open(
        {
          method: 'POST',
          hostname,
          port,
          path: request.path,
          agent: false,
          setDefaultHeaders: false,
          signal,
          ...(ca === undefined ? {} : { ca }),
          headers: headerList(request, host),
        },
        response => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', () => resolve(failure(signal)))
          response.on('end', () =>
            resolve({
              kind: 'answered',
              status: response.statusCode ?? 0,
              body: Buffer.concat(chunks).toString('utf8'),
              ...(response.headers.location === undefined ? {} : { location: response.headers.location }),
            }),
          )
        },
      )
      outgoing.on('error', () => resolve(failure(signal)))
      outgoing.end(request.body)
    })
}

function headerList(request: WireRequest, host: string): string[] {
  return [...request.headers.flat(), 'Host', host, 'Content-Length', String(request.body.length)]
}

function failure(signal: AbortSignal): WireAnswer {
  return { kind: signal.aborted ? 'timeout' : 'broken' }
}

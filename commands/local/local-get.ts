import { get as httpGet } from 'node:http'
import { get as httpsGet } from 'node:https'

/** A local Worker that is busy answers late, but it answers. */
const DEADLINE_MS = 20_000

/**
 * The body of a GET to a server on this machine, or null when there was no answer.
 * @param ca  certificate to trust for https, PEM
 */
export function localGet(url: string, ca?: string): Promise<string | null> {
  const open = url.startsWith('https:') ? httpsGet : httpGet
  return new Promise(resolve => {
    const request = open(
      url,
      { agent: false, signal: AbortSignal.timeout(DEADLINE_MS), ...(ca === undefined ? {} : { ca }) },
      response => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          body += text
        })
        response.on('end', () => resolve(body))
        response.on('error', () => resolve(null))
      },
    )
    request.on('error', () => resolve(null))
  })
}

import { line } from '../conformance/peers/peer-case.ts'
import { type BuiltWorker, RealWorker } from '../real-worker.ts'
import { BadServer } from './bad-server.ts'
import type { Badness } from './badness.ts'

export const KEY = '0123456789abcdef0123456789abcdef'
/** Secrets of the signed webhook: one takes the place of the other. */
export const WEBHOOK_SECRETS = ['new', 'old'].map(
  age => `whsec_${Buffer.from(`webhook-secret-of-the-tests-${age}`).toString('base64')}`,
)

/** `rules/routing.ts` of a deployment with three destinations. Hosts called paged-… are told to PagerDuty alone. */
export const THREE_DESTINATIONS = `
import { routing } from '../src/detect/routing.ts'
export const alertRouting = routing({
  destinations: [
    { id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' },
    { id: 'slack', type: 'slack', minSeverity: 'low' },
    { id: 'webhook', type: 'webhook', minSeverity: 'low' },
  ],
  routes: [
    { id: 'paged', when: { host: 'paged-*' }, to: ['pagerduty'] },
    { id: 'all', to: ['pagerduty', 'slack', 'webhook'] },
  ],
})
`

/** A Worker, whole, and a server that is all of its destinations. */
export interface Stage extends AsyncDisposable {
  readonly server: BadServer
  readonly worker: RealWorker
  /**
   * A host posts that so many accounts have the rights of root, in one post: as many critical alerts.
   * @param host  its name; `paged-…` is told to PagerDuty alone
   * @returns their ids, as soon as they are in the outbox
   */
  page(count: number, host?: string): Promise<readonly string[]>
}

interface StageOptions {
  /** How the request to PagerDuty of this number, from 1, is treated. */
  readonly badness: (turn: number) => Badness
  /** The integrations that PagerDuty knows. */
  readonly routingKeys?: readonly string[]
  /** Where the Worker looks for PagerDuty, when that is not where the server is. */
  readonly eventsUrl?: string
}

/** Starts both on empty stores. */
export async function setStage(built: BuiltWorker, options: StageOptions): Promise<Stage> {
  const server = new BadServer(options.routingKeys ?? [KEY], options.badness, WEBHOOK_SECRETS)
  const origin = await server.listen()
  const worker = await RealWorker.start(built, {
    PAGERDUTY_ROUTING_KEY: KEY,
    PAGERDUTY_EVENTS_URL: options.eventsUrl ?? `${origin}/v2/enqueue`,
    SLACK_WEBHOOK_URL: `${origin}/slack`,
    WEBHOOK_URL: `${origin}/webhook`,
    WEBHOOK_SECRET: WEBHOOK_SECRETS.join(),
  })
  return {
    server,
    worker,
    page: (count, host = 'web-01') => page(worker, count, host),
    [Symbol.asyncDispose]: async () => {
      await worker.stop()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function page(worker: RealWorker, count: number, host: string): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, n) => `twin-${n}`)
  const key = await worker.enroll(host)
  await worker.log(
    key,
    names.map(username => line('pack_incident-response_users', { uid: '0', username })),
  )
  const select = worker.db
    .prepare("SELECT alert_id AS alertId FROM alerts WHERE rule_id = 'posix.second-root' AND hostname = ?")
    .bind(host)
  let alertIds: readonly string[] = []
  await worker.until(
    `${count} alerts of ${host}`,
    async () => {
      alertIds = (await select.all<{ alertId: string }>()).results.map(({ alertId }) => alertId)
      return alertIds.length === count
    },
    20_000,
  )
  return alertIds
}

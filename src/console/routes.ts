import type { Route } from './route.ts'
import { alert } from './routes/alert.ts'
import { acknowledge, resolve } from './routes/alert-status.ts'
import { alerts } from './routes/alerts.ts'
import { audit } from './routes/audit.ts'
import { deliveries } from './routes/deliveries.ts'
import { redrive } from './routes/delivery-redrive.ts'
import { destinationTest } from './routes/destination-test.ts'
import { destinations } from './routes/destinations.ts'
import { events } from './routes/events.ts'
import { host } from './routes/host.ts'
import { hostClass } from './routes/host-class.ts'
import { revoke } from './routes/host-revoke.ts'
import { hostTags } from './routes/host-tags.ts'
import { hosts } from './routes/hosts.ts'
import { openapi } from './routes/openapi.ts'
import { quarantine, quarantined } from './routes/quarantine.ts'
import { rules } from './routes/rules.ts'
import { expireSilence, silence, silences } from './routes/silences.ts'
import { stats } from './routes/stats.ts'

/** Every route of the API. What stands here is mounted, and described by `/openapi.json`. */
export const ROUTES: readonly Route[] = [
  hosts,
  host,
  revoke,
  hostClass,
  hostTags,
  events,
  alerts,
  alert,
  acknowledge,
  resolve,
  rules,
  deliveries,
  redrive,
  destinations,
  destinationTest,
  silences,
  silence,
  expireSilence,
  audit,
  quarantine,
  quarantined,
  stats,
  openapi,
]

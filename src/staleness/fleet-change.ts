import { type Change, extendOpenAlert, openAlertAgain, resolveAlert } from '../alerts/lifecycle.ts'
import type { Routing } from '../detect/routing.ts'
import type { FleetAlert } from './evaluate.ts'

/** The statements of a change of an alert about more than one host. */
export function fleetChange(db: D1Database, routing: Routing, alert: FleetAlert): Change {
  switch (alert.kind) {
    case 'opens':
      // A version that knew less of the record wrote it without its counts: the number may have been used before.
      return openAlertAgain(db, routing, alert.spec, alert.spec.at)
    case 'reopens':
      return openAlertAgain(db, routing, alert.spec, alert.dueAt)
    case 'grows':
      return extendOpenAlert(db, routing, alert.spec, alert.hosts)
    case 'resolves':
      return resolveAlert(db, routing.destinations, alert.change)
  }
}

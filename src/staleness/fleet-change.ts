import { type Change, extendOpenAlert, openAlert, openAlertAgain, resolveAlert } from '../alerts/lifecycle.ts'
import type { Routing } from '../detect/routing.ts'
import type { FleetAlert } from './evaluate.ts'

/** The statements of a change of an alert about more than one host. */
export function fleetChange(db: D1Database, routing: Routing, alert: FleetAlert): Change {
  switch (alert.kind) {
    case 'opens':
      return openAlert(db, routing, alert.spec)
    case 'reopens':
      return openAlertAgain(db, routing, alert.spec, alert.dueAt)
    case 'grows':
      return extendOpenAlert(db, routing, alert.spec, alert.hosts)
    case 'resolves':
      return resolveAlert(db, routing.destinations, alert.change)
  }
}

import { createHash } from 'node:crypto'
import type { HostId } from '../detect/event.ts'

/** 96 bits: nobody finds a second host for an id, and keys stay short. */
const ID_HEX_DIGITS = 24

/** What tells one host from another at enrollment. Empty where the host did not say. */
export interface HostClaims {
  readonly instanceId: string
  readonly hostIdentifier: string
  readonly hardwareUuid: string
  readonly hardwareSerial: string
}

/**
 * The id of an enrolling host: the same each time it enrolls. `osquery_info.instance_id` is random and lives in the
 * agent's database, so cloned machines that share hardware ids and name get rows of their own; hosts that don't send it
 * are told apart by all the rest.
 * @returns null when the host says nothing that could tell it from others
 */
export function hostIdOf({
  instanceId,
  hostIdentifier,
  hardwareUuid,
  hardwareSerial,
}: HostClaims): HostId | null {
  const machine = [hostIdentifier, hardwareUuid, hardwareSerial]
  if (instanceId === '' && machine.every(claim => claim === '')) return null
  const claims = instanceId === '' ? ['machine', ...machine] : ['instance', instanceId]
  const hash = createHash('sha256').update(JSON.stringify(claims)).digest('hex')
  // This is where host ids are made.
  return hash.slice(0, ID_HEX_DIGITS) as HostId
}

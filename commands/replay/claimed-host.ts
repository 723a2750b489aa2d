import type { HostFacts, HostId } from '../../src/detect/event.ts'

/**
 * The host that a record of a file says it is from: nothing proves it here. Known by its hardware uuid when the host is
 * decorated with it, else by what it calls itself.
 */
export function claimedHost(record: unknown): HostFacts {
  const decorations = member(record, 'decorations')
  const called = text(record, 'hostIdentifier') || text(record, 'hostname')
  const uuid = text(decorations, 'host_uuid') || text(record, 'host_uuid')
  const name = text(decorations, 'hostname') || called
  const id = uuid || called || 'unknown'
  return {
    id: id as HostId, // The claim stands in for the proof that a node key is.
    name: name || id,
    platform: text(decorations, 'platform'),
    tags: [],
  }
}

function text(value: unknown, key: string): string {
  const found = member(value, key)
  return typeof found === 'string' ? found : ''
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return Reflect.get(value, key)
}

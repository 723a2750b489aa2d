import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { type Channel, type Touch, touchHosts, touchIntervalMs } from '../store/hosts.ts'
import { faultText, within } from '../store/within.ts'
import { AFTER_LIMIT_MS, type After } from './after.ts'

/** Hosts and channels remembered. Above it all are forgotten: it costs a write each, which D1 then finds unneeded. */
const CONTACTS_MAX = 50_000

/** When each host was last noted, by this isolate; its configuration lives as long as the isolate. */
const contactsOf = new WeakMap<World['settings'], Map<string, number>>()

/** Notes that a host was heard, behind the reply and at best effort; as often as its row would take it. */
export function noteContact(world: World, after: After, hostId: HostId, channel: Channel): void {
  const contacts = contactsOf.get(world.settings) ?? new Map<string, number>()
  contactsOf.set(world.settings, contacts)
  const at = world.now()
  const contact = `${channel} ${hostId}`
  if (at - (contacts.get(contact) ?? Number.NEGATIVE_INFINITY) < touchIntervalMs(world.settings)) return
  if (contacts.size >= CONTACTS_MAX) contacts.clear()
  contacts.set(contact, at)
  after(writeContact(world, { hostId, channel, at }))
}

async function writeContact(world: World, touch: Touch): Promise<void> {
  const outcome = await within(world, AFTER_LIMIT_MS, () =>
    touchHosts(world.db, [touch], touchIntervalMs(world.settings)).run(),
  )
  if (outcome.kind === 'done') return
  world.log('contact_not_noted', { host: touch.hostId, channel: touch.channel, fault: faultText(outcome) })
}

import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { type Channel, type Touch, touchHosts } from '../store/hosts.ts'
import { faultText, within } from '../store/within.ts'
import { AFTER_LIMIT_MS, type After } from './after.ts'

/** One write a minute for each host and channel is enough to tell silence, which starts at many minutes. */
const CONTACT_INTERVAL_MS = 60_000
/** Hosts and channels remembered. Above it all are forgotten: it costs a write each, which D1 then finds unneeded. */
const CONTACTS_MAX = 50_000

/** When each host was last noted, by this isolate; its configuration lives as long as the isolate. */
const contactsOf = new WeakMap<World['settings'], Map<string, number>>()

/** Notes that a host was heard, behind the reply and at best effort. */
export function noteContact(world: World, after: After, hostId: HostId, channel: Channel): void {
  const contacts = contactsOf.get(world.settings) ?? new Map<string, number>()
  contactsOf.set(world.settings, contacts)
  const at = world.now()
  const contact = `${channel} ${hostId}`
  if (at - (contacts.get(contact) ?? Number.NEGATIVE_INFINITY) < CONTACT_INTERVAL_MS) return
  if (contacts.size >= CONTACTS_MAX) contacts.clear()
  contacts.set(contact, at)
  after(writeContact(world, { hostId, channel, at }))
}

async function writeContact(world: World, touch: Touch): Promise<void> {
  const outcome = await within(world, AFTER_LIMIT_MS, () => touchHosts(world.db, [touch]).run())
  if (outcome.kind === 'done') return
  world.log('contact_not_noted', { host: touch.hostId, channel: touch.channel, fault: faultText(outcome) })
}

import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { type Touch, touchHosts, touchIntervals } from '../store/hosts.ts'
import { faultText, within } from '../store/within.ts'
import { AFTER_LIMIT_MS, type After } from './after.ts'

/** Hosts and channels remembered. Above it all are forgotten: it costs a write each, which D1 then finds unneeded. */
const CONTACTS_MAX = 50_000

interface Noted {
  readonly at: number
  readonly servedConfig: string
}

/** What of each host was last noted, by this isolate; its configuration lives as long as the isolate. */
const contactsOf = new WeakMap<World['settings'], Map<string, Noted>>()

/**
 * Notes that a host was heard, behind the reply and at best effort; as often as its row would take it.
 * @param servedConfig  id of the config it was given; another than before is noted at once
 */
export function noteContact(
  world: World,
  after: After,
  hostId: HostId,
  channel: 'config' | 'distributed',
  servedConfig = '',
): void {
  const contacts = contactsOf.get(world.settings) ?? new Map<string, Noted>()
  contactsOf.set(world.settings, contacts)
  const at = world.now()
  const contact = `${channel} ${hostId}`
  const noted = contacts.get(contact)
  const isDue = noted === undefined || at - noted.at >= touchIntervals(world.settings)[channel]
  if (!isDue && noted.servedConfig === servedConfig) return
  if (contacts.size >= CONTACTS_MAX) contacts.clear()
  contacts.set(contact, { at, servedConfig })
  after(writeContact(world, { hostId, channel, at, servedConfig }))
}

async function writeContact(world: World, touch: Touch): Promise<void> {
  const outcome = await within(world, AFTER_LIMIT_MS, () =>
    touchHosts(world.db, [touch], touchIntervals(world.settings)).run(),
  )
  if (outcome.kind === 'done') return
  world.log('contact_not_noted', { host: touch.hostId, channel: touch.channel, fault: faultText(outcome) })
}

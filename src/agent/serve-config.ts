import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { type HostRecord, hostsById } from '../store/hosts.ts'
import { faultText, within } from '../store/within.ts'
import type { After } from './after.ts'
import { authenticate, unauthenticated } from './authenticate.ts'
import type { HostConfigs } from './config.ts'
import { noteContact } from './contact.ts'
import { nodeKeyIn } from './node-key-in-body.ts'
import { hostConfig, keyInvalid, refused, tryLater } from './reply.ts'
import { readSmallBody } from './small-body.ts'

/** A body is `{"node_key":"…"}`; some clients add fields. */
const MAX_CONFIG_BYTES = 64 * 1024
/** A host's tags take effect, and a revocation at the latest, within this and its next request. */
const HOST_CACHE_MS = 60_000
/** Hosts remembered. Above it all are forgotten: it costs a read each. */
const HOSTS_MAX = 10_000
/** Beyond this a host is better served with what is known. */
const LOOK_UP_LIMIT_MS = 2_500

interface KnownHost {
  readonly record: HostRecord | null
  readonly until: number
}

/** Rows of hosts that this isolate has read; its configuration lives as long as the isolate. */
const knownHosts = new WeakMap<World['settings'], Map<HostId, KnownHost>>()

/**
 * The config route. A host takes whatever it gets for its whole schedule, so there is always a full config: when the
 * host's row can't be read it gets the last known one's, else what is served to every host.
 */
export async function serveConfig(
  world: World,
  configs: HostConfigs,
  request: Request,
  after: After,
): Promise<Response> {
  const body = await readSmallBody(world, request, MAX_CONFIG_BYTES)
  if (!body.ok) return body.reason === 'read_timeout' ? tryLater(body.reason) : refused(body.reason)
  const sender = await authenticate(world, request, nodeKeyIn(body.text))
  if (sender.kind !== 'host') return unauthenticated(sender)
  const host = await hostRecord(world, sender.hostId)
  if (host !== null && host.revokedAt !== null && sender.issuedAt <= host.revokedAt) return keyInvalid()
  const config = configs.forHost(host?.platform ?? '', host?.tags ?? [])
  noteContact(world, after, sender.hostId, 'config', config.id)
  return hostConfig(config.text)
}

async function hostRecord(world: World, hostId: HostId): Promise<HostRecord | null> {
  const hosts = knownHosts.get(world.settings) ?? new Map<HostId, KnownHost>()
  knownHosts.set(world.settings, hosts)
  const known = hosts.get(hostId)
  if (known !== undefined && world.now() < known.until) return known.record
  const outcome = await within(world, LOOK_UP_LIMIT_MS, () => hostsById(world.db, [hostId]))
  if (outcome.kind !== 'done') {
    world.log('host_unknown', { host: hostId, fault: faultText(outcome) })
    return known?.record ?? null
  }
  const record = outcome.value.get(hostId) ?? null
  if (hosts.size >= HOSTS_MAX) hosts.clear()
  hosts.set(hostId, { record, until: world.now() + HOST_CACHE_MS })
  return record
}

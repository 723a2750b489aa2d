import type { Env, World } from './env.ts'
import { parseSettings } from './settings.ts'

const worlds = new WeakMap<Env, World>()

/** The real world of one isolate: built at its first event, kept as long as Cloudflare hands over the same bindings. */
export function worldOf(env: Env): World {
  const known = worlds.get(env)
  if (known !== undefined) return known
  const world = newWorld(env)
  worlds.set(env, world)
  return world
}

function newWorld(env: Env): World {
  const settings = parseSettings(env)
  return {
    now: () => Date.now(),
    randomBytes: length => crypto.getRandomValues(new Uint8Array(length)),
    fetch: (url, init) => fetch(url, init),
    sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
    db: env.DB,
    bucket: env.BUCKET,
    ingest: env.INGEST,
    alerts: env.ALERTS,
    settings,
    log: (event, fields) => console.log(JSON.stringify({ event, ...fields })),
  }
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LOG_TYPES } from '../../src/detect/event.ts'
import type { Env } from '../../src/env.ts'
import { hostsById } from '../../src/store/hosts.ts'
import { OFFLINE, PROJECT } from '../local/wrangler.ts'
import { byHour, type Lake, mayHold } from './lake.ts'
import type { TimeRange } from './range.ts'

/**
 * The lake of the Worker on this machine: what `npm run dev` stored, also while it runs.
 *
 * @param stateDirectory  where wrangler keeps the local D1 and R2
 * @throws Error when there is no such state
 */
export async function localLake(stateDirectory: string): Promise<Lake> {
  const persisted = join(stateDirectory, 'v3')
  if (!existsSync(persisted)) throw new Error(`nothing is stored on this machine: ${persisted} is not there`)
  // It reads these when it is loaded, and what it has to say would stand among the lines of a replay.
  Object.assign(process.env, OFFLINE, { WRANGLER_LOG: 'error' })
  const { getPlatformProxy } = await import('wrangler')
  const proxy = await getPlatformProxy<Env>({
    configPath: join(PROJECT, 'wrangler.toml'),
    persist: { path: persisted },
    // Secrets are for the Worker.
    envFiles: [],
  })
  const { BUCKET: bucket, DB: db } = proxy.env
  return {
    async segments(range) {
      const tables = LOG_TYPES.map(logType => logType.toLowerCase().replace('.', '_'))
      const keys = await Promise.all(tables.map(table => keysWithin(bucket, `lake/${table}/date=`, range)))
      return keys
        .flat()
        .filter(key => mayHold(key, range))
        .toSorted(byHour)
    },
    async read(key) {
      const object = await bucket.get(key)
      if (object === null) throw new Error('is not there any more')
      return object.arrayBuffer()
    },
    hosts: ids => hostsById(db, ids),
    close: () => proxy.dispose(),
  }
}

/** Keys whose day is within the range. They sort by day, so that only the range is listed. */
async function keysWithin(
  bucket: R2Bucket,
  prefix: string,
  { from, to }: TimeRange,
): Promise<readonly string[]> {
  const keys: string[] = []
  const last = `${prefix}${dayOf(to)}/~`
  let more: Pick<R2ListOptions, 'cursor' | 'startAfter'> = { startAfter: `${prefix}${dayOf(from)}` }
  for (;;) {
    const page = await bucket.list({ prefix, ...more })
    keys.push(...page.objects.map(({ key }) => key))
    if (!page.truncated || (keys.at(-1) ?? '') > last) return keys
    more = { cursor: page.cursor }
  }
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

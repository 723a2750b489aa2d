import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { byHour, type Lake, mayHold } from './lake.ts'

/**
 * Segments that were copied from the bucket into a folder, with their folders `date=…/hour=…`; others are read whole.
 * Nothing is known of hosts but what their events say.
 *
 * @throws what reading the folder throws, once segments are asked for
 */
export function folderLake(folder: string): Lake {
  return {
    segments: async range =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile() && entry.name.endsWith('.parquet'))
        .map(entry => relative(folder, join(entry.parentPath, entry.name)))
        .filter(key => mayHold(key, range))
        .toSorted(byHour),
    read: async key => new Uint8Array(readFileSync(join(folder, key))).buffer,
    hosts: async () => new Map(),
    close: async () => undefined,
  }
}

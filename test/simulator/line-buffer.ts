/**
 * The buffer in which osqueryd keeps log lines until a server has taken them: keys in RocksDB, read in text order.
 * Facts: osquery 5.23, `plugins/logger/buffered.cpp`.
 */

export type LineKind = 'result' | 'status'

export interface BufferedLine {
  /** `tls_r_<unixtime>_<n>` for results, `tls_s_<unixtime>_<n>` for status lines. */
  readonly key: string
  readonly kind: LineKind
  readonly text: string
}

/** Length of `tls_r_`: what follows is compared when the oldest lines are purged. */
const KEY_PREFIX_LENGTH = 'tls_r_'.length

export class LineBuffer {
  readonly #lines = new Map<string, BufferedLine>()
  /** Keys in text order; null when a line was added since they were last sorted. */
  #sorted: string[] | null = []
  #lastIndex = 0

  get size(): number {
    return this.#lines.size
  }

  add(kind: LineKind, text: string, unixTime: number): BufferedLine {
    this.#lastIndex += 1
    const key = `tls_${kind === 'result' ? 'r' : 's'}_${unixTime}_${this.#lastIndex}`
    const line = { key, kind, text }
    this.#lines.set(key, line)
    this.#sorted = null
    return line
  }

  /** The first lines in text order of their keys, so 1, 10, 11, 2 within one second, and results before status lines. */
  first(count: number): BufferedLine[] {
    return this.#lookUp(this.#keys().slice(0, count))
  }

  delete(lines: readonly BufferedLine[]): void {
    const gone = new Set(lines.map(line => line.key))
    for (const key of gone) this.#lines.delete(key)
    this.#sorted = this.#sorted?.filter(key => !gone.has(key)) ?? null
  }

  /** Drops the oldest lines of both kinds until `limit` are left; 0 means no limit. Returns what was dropped. */
  purge(limit: number): BufferedLine[] {
    if (limit === 0 || this.size <= limit) return []
    const byAge = [...this.#keys()].sort((a, b) =>
      compareText(a.slice(KEY_PREFIX_LENGTH), b.slice(KEY_PREFIX_LENGTH)),
    )
    const oldest = this.#lookUp(byAge.slice(0, this.size - limit))
    this.delete(oldest)
    return oldest
  }

  #keys(): string[] {
    this.#sorted ??= [...this.#lines.keys()].sort(compareText)
    return this.#sorted
  }

  #lookUp(keys: readonly string[]): BufferedLine[] {
    return keys.flatMap(key => this.#lines.get(key) ?? [])
  }
}

/** Byte order, as RocksDB sorts; the keys are ASCII. */
function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

interface Window {
  readonly startedAt: number
  spent: number
}

/**
 * Counts what each of many may do within a fixed window of time, in the memory of one isolate: a brake, not an account.
 * Bounded: at `maxKeys` the oldest window is forgotten.
 */
export class Budget {
  readonly #limit: number
  readonly #windowMs: number
  readonly #maxKeys: number
  readonly #windows = new Map<string, Window>()

  constructor(limit: number, windowMs: number, maxKeys = 1) {
    this.#limit = limit
    this.#windowMs = windowMs
    this.#maxKeys = maxKeys
  }

  /** How much of the current window is spent. @param now  milliseconds since the epoch */
  spent(now: number, key = ''): number {
    const window = this.#windows.get(key)
    return window === undefined || now - window.startedAt >= this.#windowMs ? 0 : window.spent
  }

  /** Spends one. @returns false when the window had nothing left */
  spend(now: number, key = ''): boolean {
    const window = this.#windows.get(key)
    if (window !== undefined && now - window.startedAt < this.#windowMs) {
      window.spent++
      return window.spent <= this.#limit
    }
    this.#windows.delete(key)
    this.#forgetOldest()
    this.#windows.set(key, { startedAt: now, spent: 1 })
    return this.#limit >= 1
  }

  #forgetOldest(): void {
    // A Map keeps the order of insertion, and a window is inserted when it starts.
    const [oldest] = this.#windows.keys()
    if (this.#windows.size >= this.#maxKeys && oldest !== undefined) this.#windows.delete(oldest)
  }
}

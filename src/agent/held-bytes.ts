/**
 * What all posts in flight in this isolate may hold together. An isolate has 128 MB; running out of it kills all its
 * requests with a reply of Cloudflare's that osqueryd takes for success, so the lines would be lost.
 */
const HELD_MAX_BYTES = 48 * 1024 * 1024

let heldByAll = 0

/** The bytes that one post holds. Release them when its reply is made. */
export class HeldBytes {
  #own = 0

  /**
   * @param bytes  what the post holds by now
   * @returns false when there is no room: the host is asked to come later
   */
  growTo(bytes: number): boolean {
    const more = bytes - this.#own
    if (heldByAll + more > HELD_MAX_BYTES) return false
    heldByAll += more
    this.#own = bytes
    return true
  }

  release(): void {
    heldByAll -= this.#own
    this.#own = 0
  }
}

/** Lets a promise that never rejects go on behind the reply. Only for what may be lost. */
export type After = (work: Promise<void>) => void

/** Work behind a reply is given up after this; Cloudflare ends it after 30 s. */
export const AFTER_LIMIT_MS = 10_000

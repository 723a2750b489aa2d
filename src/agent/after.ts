/** Lets a promise that never rejects go on behind the reply. Only for what may be lost. */
export type After = (work: Promise<void>) => void

import type { World } from '../env.ts'

/** How something that may fail or hang came out. */
export type Settled<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'slow' }

/**
 * Waits for `work` at most `limitMs`. Never throws. Work that is too slow goes on; what becomes of it is ignored, so it
 * must be harmless when it happens late.
 */
export async function within<T>(
  world: Pick<World, 'sleep'>,
  limitMs: number,
  work: () => Promise<T>,
): Promise<Settled<T>> {
  return Promise.race([settled(work), world.sleep(limitMs).then((): Settled<T> => ({ kind: 'slow' }))])
}

async function settled<T>(work: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { kind: 'done', value: await work() }
  } catch (error) {
    return { kind: 'failed', error }
  }
}

/** An infrastructure fault as a short text for the log. Not for errors about input: those may quote it. */
export function faultText(
  outcome: { readonly kind: 'failed'; readonly error: unknown } | { readonly kind: 'slow' },
): string {
  if (outcome.kind === 'slow') return 'no answer in time'
  return outcome.error instanceof Error ? outcome.error.message.slice(0, 200) : 'unknown'
}

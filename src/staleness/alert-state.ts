import * as z from 'zod'
import type { AlertState, NextAlert } from './reopening.ts'

/** How the state of a system alert lies in the table `states`. */
export const AlertStateRow = z.object({
  episode: z.int().nonnegative(),
  open: z.boolean(),
  toldAt: z.int().optional(),
})

/** The state of an alert after a change of it. */
export function alertStateAfter(
  before: AlertState | undefined,
  change: NextAlert | { readonly kind: 'resolves'; readonly episode: number },
): AlertState {
  if (change.kind !== 'resolves') return { episode: change.episode, open: true, toldAt: change.dueAt }
  const toldAt = before?.toldAt
  return { episode: change.episode, open: false, ...(toldAt === undefined ? {} : { toldAt }) }
}

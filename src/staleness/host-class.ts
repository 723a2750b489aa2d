/**
 * - `server`: always on; its silence is told
 * - `laptop`: sleeps and travels; its silence is no news for two weeks
 * - `ephemeral`: comes and goes by design; its silence is the end of its life
 */
export const HOST_CLASSES = ['server', 'laptop', 'ephemeral'] as const
export type HostClass = (typeof HOST_CLASSES)[number]

import type { World } from '../env.ts'

/** A random whole number from 0 to below `limit`, so that those who failed together don't come back together. */
export function jitter(world: Pick<World, 'randomBytes'>, limit: number): number {
  const [high = 0, low = 0] = world.randomBytes(2)
  return Math.floor(((high * 256 + low) / 65_536) * limit)
}

import type { World } from '../env.ts'

const TOKEN_BYTES = 16
const UNIT_BYTES = 4
const UINT32_VALUES = 2 ** 32

/** 128 random bits as hex: the name of one lease, which no other consumer can hold. */
export function randomHex(world: Pick<World, 'randomBytes'>): string {
  return Array.from(world.randomBytes(TOKEN_BYTES), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** A random number from 0 up to, not including, 1. */
export function randomUnit(world: Pick<World, 'randomBytes'>): number {
  const { buffer, byteOffset } = world.randomBytes(UNIT_BYTES)
  return new DataView(buffer, byteOffset).getUint32(0) / UINT32_VALUES
}

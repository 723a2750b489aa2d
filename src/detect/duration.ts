/** A span of time as people write it: `90s` is not one, `15m`, `24h` and `7d` are. */
export type Duration = `${number}${'m' | 'h' | 'd'}`

const MINUTES = { m: 1, h: 60, d: 1440 } as const

/** Minutes of a duration, or null when the text is not one (a whole number from 1 to 99,999 and a unit). */
export function minutesOf(duration: string): number | null {
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(duration) ?? []
  if (count === undefined || (unit !== 'm' && unit !== 'h' && unit !== 'd')) return null
  return Number(count) * MINUTES[unit]
}

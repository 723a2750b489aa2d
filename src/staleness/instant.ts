/** An instant as people read it in an alert: UTC, to the second. */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** An instant as a title has it: to the minute, `12:31 UTC`, with the date when that is not the day of `now`. */
export function clockTime(ms: number, now: number): string {
  const [date, time] = [instant(ms).slice(0, 10), instant(ms).slice(11, 16)]
  return `${date === instant(now).slice(0, 10) ? '' : `${date} `}${time} UTC`
}

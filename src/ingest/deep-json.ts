/** An array or object being written: what is left of it. */
interface Open {
  readonly entries: readonly (readonly [key: string | null, value: unknown])[]
  readonly close: string
  next: number
}

/**
 * JSON text of a value that came out of JSON.parse, of any depth: V8's JSON.stringify gives up some thousand levels down,
 * since it recurses. Slower, so only for what that refuses.
 */
export function deepJson(value: unknown): string {
  const parts: string[] = []
  const stack: Open[] = []
  const write = (each: unknown): void => {
    if (typeof each !== 'object' || each === null) {
      parts.push(JSON.stringify(each))
      return
    }
    const isArray = Array.isArray(each)
    parts.push(isArray ? '[' : '{')
    const entries = isArray ? each.map(item => [null, item] as const) : Object.entries(each)
    stack.push({ entries, close: isArray ? ']' : '}', next: 0 })
  }
  write(value)
  for (let open = stack.at(-1); open !== undefined; open = stack.at(-1)) {
    const entry = open.entries[open.next]
    if (entry === undefined) {
      parts.push(open.close)
      stack.pop()
      continue
    }
    if (open.next > 0) parts.push(',')
    open.next++
    if (entry[0] !== null) parts.push(JSON.stringify(entry[0]), ':')
    write(entry[1])
  }
  return parts.join('')
}

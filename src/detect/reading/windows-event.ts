/** More fields than any event of Windows has; what lies behind is not read. */
const FIELDS_MAX = 500

/** No field has more text that a rule could need; a script block or a task is cut here. */
const VALUE_MAX_LENGTH = 65_536

/** osquery up to 5.21 may end the text with a line break, which it escapes as four characters. */
const LINE_BREAKS = ['\\x0A', '\\x0D', '\n', '\r']

/** Fields of an event by the names that Windows gives them (`TargetUserName`). One that is missing reads as undefined. */
export type EventFields = Readonly<Record<string, string | undefined>>

const NONE: EventFields = Object.freeze(Object.create(null))

/** The last text asked about: a rule asks for its verdict, its title and more, and others after it. */
let last: { readonly data: string; readonly fields: EventFields } = { data: '', fields: NONE }

/**
 * The fields in `windows_events.data`: `{"EventData":{"TargetUserName":"ada"}}`, or under `UserData` and the name of a
 * template (`{"UserData":{"LogFileCleared":{"SubjectUserName":"ada"}}}`). Values without names (`{"EventData":["a","b"]}`)
 * have their place as name. Of two fields with one name the first is taken. Text that is no such object has no fields:
 * never throws, and does not recurse.
 */
export function eventFields(data: string): EventFields {
  if (last.data !== data) last = { data, fields: Object.freeze(fieldsIn(data)) }
  return last.fields
}

function fieldsIn(data: string): EventFields {
  const root = parsed(data)
  if (root === null) return NONE
  const fields: Record<string, string> = Object.create(null)
  const open: object[] = [root]
  let read = 0
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const [name, value] of Object.entries(next)) {
      if (read++ >= FIELDS_MAX) return fields
      if (typeof value === 'object' && value !== null) open.push(value)
      else if (fields[name] === undefined) fields[name] = String(value ?? '').slice(0, VALUE_MAX_LENGTH)
    }
  }
  return fields
}

function parsed(data: string): object | null {
  const start = data.slice(0, 64).trimStart()
  if (!start.startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(withoutLineBreak(data))
    return typeof value === 'object' ? value : null
  } catch {
    // Cut off, or no JSON at all: such a row tells nothing, which is what the caller is told.
    return null
  }
}

/** Without the line breaks at its end: CR and LF at most. */
function withoutLineBreak(data: string): string {
  let text = data
  for (let round = 0; round < 2; round++) {
    const lineBreak = LINE_BREAKS.find(end => text.endsWith(end)) ?? ''
    text = text.slice(0, text.length - lineBreak.length)
  }
  return text
}

/** What tells an event of Windows from all others: the channel it was written to, and its number there. */
interface EventIdentity {
  readonly source: string
  readonly eventid: string
}

/** Whether a row of `windows_events` is one of these events of a channel (`Security`, `System`), in any case. */
export function isEvent(
  { source, eventid }: EventIdentity,
  channel: string,
  ...ids: readonly number[]
): boolean {
  return ids.some(id => String(id) === eventid) && source.toLowerCase() === channel.toLowerCase()
}

/** NetBIOS names, by which events call domains and machines, end here. */
const NETBIOS_MAX_LENGTH = 15

/** Whether the account that an event is about (`TargetDomainName`) is of the machine that wrote it, and not of a domain. */
export function isLocalAccount({
  computer_name,
  data,
}: {
  readonly computer_name: string
  readonly data: string
}): boolean {
  const machine = (computer_name.split('.')[0] ?? '').slice(0, NETBIOS_MAX_LENGTH).toLowerCase()
  return machine !== '' && eventFields(data)['TargetDomainName']?.toLowerCase() === machine
}

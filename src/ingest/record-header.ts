import type { HostId, Row } from '../detect/event.ts'
import { dayStartOf } from '../store/row-id-range.ts'
import type { PostOrigin } from './detection.ts'
import { eventTime } from './event-time.ts'
import { FLAG_BIT } from './flags.ts'
import type { Findings } from './indicators.ts'
import { hostIndicators, type Indicators, NO_INDICATORS } from './known-indicators.ts'
import type { RecordShape } from './record-shape.ts'
import { hostPartOf, type Lanes, mixText, newLanes, rowIdPrefix, seedsOf } from './row-id.ts'
import { type RowConstructor, rowConstructor } from './row-plan.ts'
import { numberOf, textOf } from './values.ts'

/** A record after JSON.parse: any keys, any values. */
export type Sent = Readonly<Record<string, unknown>>

/** What all events of one record have in common. Shared by records that say the same. */
export interface RecordHeader {
  readonly hostIdentifier: string
  readonly decorations: Row
  readonly extra: Row
  readonly times: RecordTimes
  /** By `FLAG_BIT`. */
  readonly flagBits: number
  /** Indicators of the host itself. */
  readonly indicators: Indicators
}

/** Times and counts of a record, and what follows from them. */
export interface RecordTimes {
  readonly unixTime: number | null
  readonly calendarTime: string
  readonly epoch: string
  readonly counter: string
  /** `p_event_time`. */
  readonly at: number
  readonly flagBits: number
  /** Beginning of the row ids. */
  readonly idPrefix: string
  /** Hash of host, unixTime, epoch and counter: where that of each event begins. */
  readonly hashA: number
  readonly hashB: number
}

const SEEDS = {
  hostId: seedsOf('\0hostId'),
  unixTime: seedsOf('\0unixTime'),
  epoch: seedsOf('\0epoch'),
  counter: seedsOf('\0counter'),
}

const PlainRow: RowConstructor = rowConstructor('')
const EMPTY_ROW: Row = Object.freeze(new PlainRow())

/** Reads what rows have in common, and keeps it while the next record says the same: within a post it mostly does. */
export class HeaderReader {
  readonly #hostId: HostId
  readonly #hostPart: string
  readonly #receivedAt: number
  readonly #names: readonly string[]
  readonly #findings: Findings
  readonly #hash: Lanes = newLanes()

  #unixTime: unknown = Number.NaN
  #calendarTime: unknown
  #epoch: unknown
  #counter: unknown
  #times: RecordTimes | null = null
  #nested: Row = EMPTY_ROW
  #nestedKeys: readonly string[] = []
  #nestedValues: readonly string[] = []
  #header: RecordHeader | null = null

  /** @param findings  used while reading only */
  constructor({ hostId, receivedAt, names }: Required<PostOrigin>, findings: Findings) {
    this.#findings = findings
    this.#hostId = hostId
    this.#hostPart = hostPartOf(hostId)
    this.#receivedAt = receivedAt
    this.#names = names
  }

  read(sent: Sent, shape: RecordShape, repaired: boolean): RecordHeader {
    const times = this.#timesOf(sent)
    const nested = this.#decorationsOf(sent['decorations'])
    const { extraKeys } = shape
    const last = this.#header
    const extra = extraKeys.length === 0 ? EMPTY_ROW : extraOf(sent, extraKeys, last?.extra ?? EMPTY_ROW)
    // With `decorations_top_level` the decorations are what stands beside osquery's own keys.
    const decorations = nested === EMPTY_ROW ? extra : nested
    const hostIdentifier = textOf(sent['hostIdentifier'] ?? sent['hostname'])
    const flagBits = times.flagBits | (repaired ? FLAG_BIT.text_repaired : 0) | this.#hostBits(hostIdentifier)
    if (last !== null && last.hostIdentifier === hostIdentifier && last.decorations === decorations) {
      if (last.times === times && last.extra === extra && last.flagBits === flagBits) return last
      this.#header = { hostIdentifier, decorations, extra, times, flagBits, indicators: last.indicators }
    } else {
      const indicators =
        hostIdentifier === '' && decorations === EMPTY_ROW
          ? NO_INDICATORS
          : hostIndicators(hostIdentifier, decorations, this.#findings)
      this.#header = { hostIdentifier, decorations, extra, times, flagBits, indicators }
    }
    return this.#header
  }

  #hostBits(hostIdentifier: string): number {
    const isKnown = hostIdentifier === '' || this.#names.length === 0 || this.#names.includes(hostIdentifier)
    return isKnown ? 0 : FLAG_BIT.host_disagrees
  }

  #decorationsOf(sent: unknown): Row {
    if (!holdsExactly(sent, this.#nestedKeys, this.#nestedValues)) {
      this.#nested = rowOf(sent)
      this.#nestedKeys = Object.keys(this.#nested)
      this.#nestedValues = Object.values(this.#nested)
    }
    return this.#nested
  }

  #timesOf(sent: Sent): RecordTimes {
    const { unixTime, calendarTime, epoch, counter } = sent
    const last = this.#times
    if (
      last !== null &&
      unixTime === this.#unixTime &&
      calendarTime === this.#calendarTime &&
      epoch === this.#epoch &&
      counter === this.#counter
    ) {
      return last
    }
    this.#unixTime = unixTime
    this.#calendarTime = calendarTime
    this.#epoch = epoch
    this.#counter = counter
    this.#times = this.#readTimes(numberOf(unixTime), textOf(calendarTime), textOf(epoch), textOf(counter))
    return this.#times
  }

  #readTimes(unixTime: number | null, calendarTime: string, epoch: string, counter: string): RecordTimes {
    const time = eventTime(unixTime, calendarTime, this.#receivedAt)
    const hash = this.#hash
    hash.fill(0)
    mixText(hash, this.#hostId, SEEDS.hostId[0], SEEDS.hostId[1])
    mixText(hash, unixTime === null ? '' : String(unixTime), SEEDS.unixTime[0], SEEDS.unixTime[1])
    mixText(hash, epoch, SEEDS.epoch[0], SEEDS.epoch[1])
    mixText(hash, counter, SEEDS.counter[0], SEEDS.counter[1])
    return {
      unixTime,
      calendarTime,
      epoch,
      counter,
      at: time.at,
      flagBits: time.flag === null ? 0 : FLAG_BIT[time.flag],
      idPrefix: rowIdPrefix(time.own ? time.at : dayStartOf(this.#receivedAt), this.#hostPart),
      hashA: hash[0] ?? 0,
      hashB: hash[1] ?? 0,
    }
  }
}

/** Whether an object as sent has these keys in this order with these values. */
function holdsExactly(sent: unknown, keys: readonly string[], values: readonly string[]): boolean {
  if (typeof sent !== 'object' || sent === null) return keys.length === 0
  const row = sent as Sent // any object is that
  let i = 0
  for (const key in row) {
    if (key !== keys[i] || row[key] !== values[i]) return false
    i++
  }
  return i === keys.length
}

/** An object as a row of texts. Anything else is none (old agents write an empty object as `""`). */
function rowOf(sent: unknown): Row {
  if (typeof sent !== 'object' || sent === null) return EMPTY_ROW
  const values = sent as Sent // any object is that
  const keys = Object.keys(values)
  if (keys.length === 0) return EMPTY_ROW
  const row = new PlainRow()
  for (const key of keys) row[key] = textOf(values[key])
  return row
}

/** The values of these keys as a row; the row before when it is the same. */
function extraOf(sent: Sent, keys: readonly string[], last: Row): Row {
  if (last !== EMPTY_ROW && Object.keys(last).length === keys.length) {
    if (keys.every(key => sent[key] === last[key])) return last
  }
  const row = new PlainRow()
  for (const key of keys) row[key] = textOf(sent[key])
  return row
}

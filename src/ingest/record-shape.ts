import { MAX_RECORD_SHAPES } from './limits.ts'

/**
 * What a record is, told by its top-level keys alone:
 * - `row`: one row in `columns`, or several when it is an array
 * - `snapshot`, `batch`: many rows in `snapshot` or `diffResults`
 * - `status`: a line of the agent's own log
 * - `bare`: a query's name without any rows
 * - `unknown`: nothing of a log line
 */
type RecordForm = 'row' | 'snapshot' | 'batch' | 'status' | 'bare' | 'unknown'

export interface RecordShape {
  /** Top-level keys in the order sent. */
  readonly keys: readonly string[]
  readonly form: RecordForm
  /** Keys that the event has no field for. */
  readonly extraKeys: readonly string[]
}

type Sent = Readonly<Record<string, unknown>>

/**
 * Keys that osquery writes on every kind of line. What tells only how values are written (`numerics`, its older name
 * `logNumericsAsNumbers`) or what the other keys tell as well (`log_type`, by the AWS loggers) goes no further.
 */
const COMMON_KEYS: readonly string[] = [
  'name',
  'hostIdentifier',
  'calendarTime',
  'unixTime',
  'epoch',
  'counter',
  'action',
  'decorations',
  'numerics',
  'logNumericsAsNumbers',
  'log_type',
]

const STATUS_KEYS: readonly string[] = ['severity', 'filename', 'line', 'message', 'version']

/** Shapes by their keys. An agent has one or two; all fleets together some twenty. Cleared at the cap. */
const shapes = new Map<string, RecordShape>()

/** Larger sets of keys are no agent's and not remembered. */
const MAX_REMEMBERED_KEYS = 64
const MAX_REMEMBERED_CHARS = 2_048

/** A shape that no record has: where a search begins. */
export const NO_SHAPE: RecordShape = { keys: ['\0'], form: 'unknown', extraKeys: [] }

/** The record's shape. `likely` is the shape of the record before, which nearly always is the same. */
export function shapeOf(record: Sent, likely: RecordShape): RecordShape {
  const { keys } = likely
  let i = 0
  for (const key in record) {
    if (key !== keys[i]) return findShape(Object.keys(record))
    i++
  }
  return i === keys.length ? likely : findShape(Object.keys(record))
}

function findShape(keys: readonly string[]): RecordShape {
  if (keys.length > MAX_REMEMBERED_KEYS) return readShape(keys)
  const joined = keys.join('\0')
  const known = shapes.get(joined)
  if (known !== undefined) return known
  const shape = readShape(keys)
  if (joined.length > MAX_REMEMBERED_CHARS) return shape
  if (shapes.size >= MAX_RECORD_SHAPES) shapes.clear()
  shapes.set(joined, shape)
  return shape
}

function readShape(keys: readonly string[]): RecordShape {
  const sent = new Set(keys)
  const form = formOf(sent)
  const own = new Set(COMMON_KEYS)
  if (form === 'row') own.add('columns')
  if (form === 'snapshot') own.add('snapshot')
  if (form === 'batch') own.add('diffResults')
  if (form === 'status') for (const key of STATUS_KEYS) own.add(key)
  // Old agents and other people's forwarders call the identifier so.
  if (!sent.has('hostIdentifier')) own.add('hostname')
  return { keys, form, extraKeys: keys.filter(key => !own.has(key)) }
}

function formOf(keys: ReadonlySet<string>): RecordForm {
  if (keys.has('snapshot')) return 'snapshot'
  if (keys.has('diffResults')) return 'batch'
  if (keys.has('columns')) return 'row'
  if (keys.has('message') || keys.has('filename') || keys.has('severity')) return 'status'
  return keys.has('name') ? 'bare' : 'unknown'
}

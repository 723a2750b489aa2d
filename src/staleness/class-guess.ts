import { hardwareOf } from './hardware-models.ts'
import type { HostClass } from './host-class.ts'

/**
 * What a host let guess of its class. A guess gives way to one that is at least as sure:
 * - 3: it is a member of a group that makes and ends its machines
 * - 2: its maker's name for it, or its chassis
 * - 1: it has a battery, which an uninterruptible power supply looks like as well
 */
export interface ClassGuess {
  readonly class: HostClass
  readonly reason: string
  readonly sureness: 1 | 2 | 3
}

/** A row, of whatever a host sends. */
type Columns = Readonly<Record<string, unknown>>

/** The query, by its name in the pack `host-kind`, and how its row is read. */
const READERS: Readonly<Record<string, (row: Columns) => ClassGuess | null>> = {
  __proto__: null as never,
  hardware: guessOfHardware,
  chassis: guessOfChassis,
  battery: guessOfBattery,
  linux_battery: guessOfBattery,
  ec2_group: row => groupGuess(`the EC2 tag ${text(row['key'])}`, text(row['value'])),
  azure_scale_set: row => groupGuess('an Azure scale set', text(row['vm_scale_set_name'])),
}

/** The guess by one row of the pack `host-kind`, or null when it says nothing. Total: a host may send anything. */
export function guessOfRow(query: string, row: Columns): ClassGuess | null {
  return READERS[query]?.(row) ?? null
}

/** The guess by a row of `system_info`: from the pack, or from what a host sends when it enrolls. */
export function guessOfHardware(row: Columns): ClassGuess | null {
  const vendor = text(row['hardware_vendor'])
  const model = text(row['hardware_model'])
  const hardware = hardwareOf({ vendor, model, version: text(row['hardware_version']) })
  if (hardware === null) return null
  return {
    class: hardware.class,
    reason: `Its hardware is ${hardware.what} (${[vendor, model].filter(name => name !== '').join(' ')}).`,
    sureness: 2,
  }
}

/** Types of SMBIOS 7.4.1 as words, several with commas between (osquery, specs/windows/chassis_info.table). Towers may be servers. */
const PORTABLE = /\b(?:portable|laptop|notebook|sub ?notebook|hand held|tablet|convertible|detachable)\b/i
const ON_A_DESK = /\b(?:all in one|space-saving|lunch box|low profile desktop)\b/i
const IN_A_RACK = /\b(?:rack mount|blade|main (?:server|system) chassis|multi-system chassis)\b/i

function guessOfChassis(row: Columns): ClassGuess | null {
  const types = text(row['chassis_types'])
  const found = IN_A_RACK.test(types)
    ? 'server'
    : PORTABLE.test(types) || ON_A_DESK.test(types)
      ? 'laptop'
      : null
  return found === null ? null : { class: found, reason: `Its chassis is of the type ${types}.`, sureness: 2 }
}

function guessOfBattery(): ClassGuess {
  return { class: 'laptop', reason: 'It has a battery.', sureness: 1 }
}

function groupGuess(what: string, name: string): ClassGuess | null {
  if (name === '') return null
  return {
    class: 'ephemeral',
    reason: `It belongs to ${what} (${name}), which makes and ends its machines.`,
    sureness: 3,
  }
}

/** Names are short; what is longer is cut, for it stands in the host's row. */
const NAME_MAX_LENGTH = 100

function text(value: unknown): string {
  return typeof value === 'string'
    ? value.replaceAll('\0', '').trim().slice(0, NAME_MAX_LENGTH).toWellFormed()
    : ''
}

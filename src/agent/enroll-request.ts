import * as z from 'zod'
import { type ClassGuess, guessOfHardware } from '../staleness/class-guess.ts'
import type { Enrollment } from '../store/hosts.ts'

/** Names and versions are short; a longer text is cut so that a row stays small. */
const MAX_FIELD_CHARACTERS = 256
/** `host_details` has some 2 KB; beyond this it isn't kept. */
const MAX_DETAILS_CHARACTERS = 16 * 1024

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
/** One row of a table. Anything odd in it counts as unknown: a host must not fail to enroll for it. */
const row = z.record(z.string(), scalar.catch('')).catch({})

const enrollRequest = z.object({
  enroll_secret: z.string(),
  host_identifier: scalar.catch(''),
  /** osquery sends a decimal mask as text since 2.4.7; others send a word or a number. */
  platform_type: scalar.catch(''),
  host_details: z.object({ os_version: row, osquery_info: row, system_info: row }).partial().catch({}),
})

/** What an enrolling host presents and says of itself. */
export interface EnrollRequest {
  readonly secret: string
  readonly claims: Omit<Enrollment, 'hostId' | 'label' | 'at'>
  /** What kind of machine it seems to be, or null. */
  readonly guess: ClassGuess | null
}

/**
 * Reads the body of an enroll request (osquery: plugins/remote/enroll/tls_enroll.cpp).
 * @returns null when it is no JSON object with an enroll secret
 */
export function parseEnrollRequest(text: Uint8Array): EnrollRequest | null {
  const json = parsedJson(text)
  const parsed = enrollRequest.safeParse(json)
  if (!parsed.success) return null
  const { enroll_secret, host_identifier, platform_type, host_details } = parsed.data
  const { os_version = {}, osquery_info = {}, system_info = {} } = host_details
  return {
    secret: enroll_secret,
    claims: {
      instanceId: field(osquery_info['instance_id']),
      hostIdentifier: field(host_identifier),
      hostname: field(system_info['hostname']) || field(system_info['computer_name']),
      hardwareUuid: field(system_info['uuid']) || field(osquery_info['uuid']),
      hardwareSerial: field(system_info['hardware_serial']),
      platform: field(os_version['platform']) || platformOf(platform_type),
      osName: field(os_version['name']),
      osVersion: field(os_version['version']),
      osqueryVersion: field(osquery_info['version']),
      details: detailsOf(json),
    },
    guess: guessOfHardware(system_info),
  }
}

function parsedJson(text: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(text))
  } catch {
    return undefined
  }
}

/** SQLite ends a text at NUL, so it is taken out. */
function field(value: string | undefined): string {
  return (value ?? '').replaceAll('\0', '').slice(0, MAX_FIELD_CHARACTERS).toWellFormed()
}

function detailsOf(json: unknown): string {
  const details = typeof json === 'object' && json !== null && 'host_details' in json ? json.host_details : {}
  try {
    const text = JSON.stringify(details)
    return text.length > MAX_DETAILS_CHARACTERS ? '{}' : text
  } catch (error) {
    // JSON.parse does not recurse, JSON.stringify does: nested deep enough, it exhausts its stack.
    if (error instanceof RangeError) return '{}'
    throw error
  }
}

/** osquery's platform mask (core/core.h): 1 POSIX, 2 Windows, 4 BSD, 8 Linux, 16 macOS. */
const PLATFORM_BITS = [
  [16, 'darwin'],
  [2, 'windows'],
  [8, 'linux'],
  [4, 'freebsd'],
] as const

function platformOf(type: string): string {
  if (!/^\d{1,3}$/.test(type)) return field(type).toLowerCase()
  const mask = Number(type)
  return PLATFORM_BITS.find(([bit]) => (mask & bit) !== 0)?.[1] ?? ''
}

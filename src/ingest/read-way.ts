import { type ColumnFacts, factsOf, kindByName } from './table-columns.ts'

/**
 * How a column is read for indicators, decided once for each set of columns: by the kind that osquery's schema gives it,
 * else by the shape of its values.
 */

/** How the values of a column are read for indicators. Numbers, so that a switch over them is a jump. */
export const READ = {
  nothing: 0,
  ip: 1,
  ipList: 2,
  mac: 3,
  domain: 4,
  host: 5,
  hostList: 6,
  url: 7,
  md5: 8,
  sha1: 9,
  sha256: 10,
  username: 11,
  email: 12,
  /** Text in which URLs may stand: command lines, scripts. */
  prose: 13,
  /** An address, a MAC or a URL, if the whole value looks like one. */
  shape: 14,
  /** The same, or a hash. */
  shapeOrHash: 15,
} as const

export type ReadWay = (typeof READ)[keyof typeof READ]

const READ_BY_KIND: Readonly<Record<string, ReadWay>> = {
  ip: READ.ip,
  cidr: READ.ip,
  ip_list: READ.ipList,
  mac: READ.mac,
  domain: READ.domain,
  domain_list: READ.hostList,
  hostname: READ.host,
  hostname_or_ip: READ.host,
  hostname_list: READ.hostList,
  url: READ.url,
  md5: READ.md5,
  sha1: READ.sha1,
  sha256: READ.sha256,
  username: READ.username,
  email_like: READ.email,
  cmdline: READ.prose,
  script: READ.prose,
  env_value: READ.prose,
  json_text: READ.prose,
  registry_data: READ.prose,
}

/** Names of columns whose hexadecimal values are hashes; elsewhere they are ids and keys. */
const HASH_NAME = /hash|md5|sha|digest|checksum|fingerprint/i
/** `1.2.3.4` is a version here. */
const VERSION_NAME = /version|revision|build/i

/** How to read a column of a table, or of an unknown one (`table` empty). */
export function readWayOf(table: string, column: string): ReadWay {
  const facts = table === '' ? undefined : factsOf(table)?.get(column)
  if (facts !== undefined) return wayOfFacts(column, facts)
  const kind = kindByName(column)
  return kind === '' ? wayOfShape(column) : (READ_BY_KIND[kind] ?? READ.nothing)
}

function wayOfFacts(column: string, { kind, isText }: ColumnFacts): ReadWay {
  if (!isText) return READ.nothing
  return kind === '' ? wayOfShape(column) : (READ_BY_KIND[kind] ?? READ.nothing)
}

function wayOfShape(column: string): ReadWay {
  if (VERSION_NAME.test(column)) return READ.nothing
  return HASH_NAME.test(column) ? READ.shapeOrHash : READ.shape
}

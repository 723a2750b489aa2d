import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Reference data beside this repository, for tests within workerd, which see no files. None of it may be copied here. */

const DATA = join(import.meta.dirname, '../../../shared/data')

/** One case distilled from another server: its id, what must hold, and where that was learnt. */
type PeerCase = readonly [id: string, holds: string, source: string]

/** A file of other people's logs. */
export interface CorpusFile {
  readonly file: string
  /** Its lines, byte for byte: each character is one byte. */
  readonly lines: readonly string[]
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where the data isn't there. */
    peerCases: readonly PeerCase[] | null
    /** Files of logs and of posts, without the line ends; null where the data isn't there. */
    corpora: readonly CorpusFile[] | null
  }
}

/** What vitest.config.ts provides to the tests. */
export function sharedData() {
  return { peerCases: peerCases(), corpora: corpora() }
}

function peerCases(): readonly PeerCase[] | null {
  const file = join(DATA, 'peers/conformance_cases.json')
  if (!existsSync(file)) return null
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: PeerCase[] } // as the file has it
  return cases
}

function corpora(): readonly CorpusFile[] | null {
  const folder = join(DATA, 'corpora')
  if (!existsSync(folder)) return null
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files
    .filter(file => /\.(ndjson|log)$/.test(file) || file === 'fleet/malformed_body.txt')
    .toSorted()
    .map(file => ({ file, lines: linesOf(readFileSync(join(folder, file), 'latin1')) }))
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '')
}

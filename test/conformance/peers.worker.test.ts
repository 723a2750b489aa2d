import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { freshStorage } from '../storage.ts'
import { WholeWorker } from '../whole-worker.ts'
import { alertCases } from './peers/alerts.ts'
import { configCases } from './peers/config.ts'
import { enrollmentCases } from './peers/enrollment.ts'
import { logCases } from './peers/log.ts'
import type { PeerCases } from './peers/peer-case.ts'
import { silenceCases } from './peers/silence.ts'

/**
 * What the tests, bugs and sources of other servers for osquery teach, each checked here from outside or answered with
 * the reason why it is otherwise. The list of cases lies beside this repository and is read where it is there.
 */

const CASES: PeerCases = { ...enrollmentCases, ...configCases, ...logCases, ...silenceCases, ...alertCases }
const taught = inject('peerCases')

let whole: WholeWorker

beforeEach(async () => {
  await freshStorage()
  whole = new WholeWorker()
})
afterEach(() => whole.leave())

describe('what other servers teach', () => {
  for (const [id, { holds, differs }] of Object.entries(CASES)) {
    if (holds !== undefined) {
      it(differs === undefined ? `${id} holds` : `${id} is otherwise: ${differs}`, async () => holds(whole))
    }
  }

  it.runIf(taught !== null)('has an answer to each case', () => {
    const ids = (taught ?? []).map(([id]) => id)
    expect(ids.length).toBeGreaterThan(40)
    expect(Object.keys(CASES).toSorted()).toEqual(ids.toSorted())
    for (const { holds, differs } of Object.values(CASES)) expect(holds ?? differs).toBeDefined()
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import type { HostId } from '../detect/event.ts'
import type { ClassGuess } from '../staleness/class-guess.ts'
import { noteClassGuesses } from './host-class.ts'
import { touchHosts } from './hosts.ts'

const HOST = 'h1' as HostId
const guess = (of: ClassGuess['class'], sureness: 1 | 2 | 3): ClassGuess => ({
  class: of,
  reason: `A ${of}, ${sureness}.`,
  sureness,
})

async function noted(...guesses: readonly ClassGuess[]): Promise<unknown> {
  for (const one of guesses) await noteClassGuesses(env.DB, [{ ...one, hostId: HOST }]).run()
  return (await env.DB.prepare('SELECT class_guess FROM hosts WHERE host_id = ?').bind(HOST).first())?.[
    'class_guess'
  ]
}

beforeEach(async () => {
  await freshStorage()
  await touchHosts(env.DB, [{ hostId: HOST, channel: 'result', at: 1_000 }]).run()
})

describe('a guess', () => {
  it('is noted with its reason', async () => {
    expect(await noted(guess('laptop', 1))).toBe('laptop')
    expect(await env.DB.prepare('SELECT class, class_reason FROM hosts').first()).toEqual({
      class: '',
      class_reason: 'A laptop, 1.',
    })
  })

  it('gives way to one that is as sure, and not to a less sure one', async () => {
    expect(await noted(guess('laptop', 1), guess('server', 2))).toBe('server')
    expect(await noted(guess('laptop', 1))).toBe('server')
    expect(await noted(guess('laptop', 2))).toBe('laptop')
    expect(await noted(guess('ephemeral', 3))).toBe('ephemeral')
    expect(await noted(guess('server', 2))).toBe('ephemeral')
  })

  it('that is known writes no row', async () => {
    await noted(guess('server', 2))
    const { meta } = await noteClassGuesses(env.DB, [{ ...guess('server', 2), hostId: HOST }]).run()
    expect(meta.changes).toBe(0)
  })
})

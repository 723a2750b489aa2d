import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import type { HostId } from '../detect/event.ts'
import type { ClassGuess } from '../staleness/class-guess.ts'
import { countLoweredClasses, noteClassGuesses } from './host-class.ts'
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

describe('a server that says it is none', () => {
  const DAY = 86_400_000

  /** Guesses that come one after the other, and how often a server was lost. */
  async function lowered(at: number, ...guesses: readonly ClassGuess[]): Promise<unknown> {
    for (const one of guesses) {
      const noted = [{ ...one, hostId: HOST }]
      await env.DB.batch([countLoweredClasses(env.DB, noted, at), noteClassGuesses(env.DB, noted)])
    }
    const { results } = await env.DB.prepare('SELECT name, label, value FROM counters').all()
    return results
  }
  const once = [{ name: 'classes_lowered', label: HOST, value: 1 }]

  it('is counted, once for all that says the same', async () => {
    const rows = [guess('server', 2), guess('ephemeral', 3), guess('ephemeral', 3), guess('laptop', 2)]
    expect(await lowered(2 * DAY, ...rows)).toEqual(once)
  })

  it('is counted also where nothing was known of it, for then it was judged as a server', async () => {
    expect(await lowered(2 * DAY, guess('laptop', 1))).toEqual(once)
  })

  it('is not counted on its first day, while its rows come', async () => {
    expect(await lowered(DAY, guess('server', 2), guess('ephemeral', 3))).toEqual([])
  })

  it('is not counted when the guess does not decide', async () => {
    expect(await lowered(2 * DAY, guess('server', 2), guess('laptop', 1))).toEqual([])
    await env.DB.prepare("UPDATE hosts SET class = 'server'").run()
    expect(await lowered(2 * DAY, guess('laptop', 2))).toEqual([])
    await env.DB.prepare("UPDATE hosts SET class = '', class_guess = '', tags = '[\"server\"]'").run()
    expect(await lowered(2 * DAY, guess('ephemeral', 3))).toEqual([])
  })
})

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Later rooms may be imported by earlier ones, never the other way round. */
const ROOMS = [
  'agent',
  'ingest',
  'console',
  'staleness',
  'inbound',
  'alerts',
  'notify',
  'store',
  'detect',
] as const

/** Seams that every room may use: types of the surroundings, nothing that runs. */
const SEAMS = new Set(['src/env.ts'])

/** Where the stages are put together; nothing else sees all of them. */
const WIRING = new Set(['src/worker.ts', 'src/consumers.ts'])

interface Import {
  readonly file: string
  readonly target: string
}

function importsOf(pattern: string): Import[] {
  return globSync(pattern).flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s+'(\.{1,2}\/[^']+)'/g)].map(([, path]) => ({
      file,
      target: normalize(join(dirname(file), path ?? '')),
    })),
  )
}

const isTest = (file: string) => /\.test\.ts$/.test(file)
const roomOf = (file: string) => ROOMS.find(room => file.startsWith(`src/${room}/`))
const shown = ({ file, target }: Import) => `${file} → ${target}`

describe('rooms', () => {
  const inSource = importsOf('src/**/*.ts').filter(({ file }) => !isTest(file))

  it('import only what lies further down the way of the data', () => {
    const backwards = inSource.filter(({ file, target }) => {
      const from = roomOf(file)
      const to = roomOf(target)
      return from !== undefined && to !== undefined && ROOMS.indexOf(to) < ROOMS.indexOf(from)
    })
    expect(backwards.map(shown)).toEqual([])
  })

  it('know nothing of the wiring above them', () => {
    const upwards = inSource.filter(
      ({ file, target }) => roomOf(file) !== undefined && roomOf(target) === undefined && !SEAMS.has(target),
    )
    expect(upwards.map(shown)).toEqual([])
  })

  it('leave the registry of rules to the entry of the Worker', () => {
    const users = inSource.filter(({ file, target }) => target.startsWith('rules/') && !WIRING.has(file))
    expect(users.map(shown)).toEqual([])
  })

  it('give rules nothing but src/detect', () => {
    const others = importsOf('rules/**/*.ts').filter(
      ({ file, target }) =>
        !isTest(file) && !target.startsWith('rules/') && !target.startsWith('src/detect/'),
    )
    expect(others.map(shown)).toEqual([])
  })
})

describe('the pure core', () => {
  const impure =
    /\b(Date\.now\(\)|new Date\(\)|Math\.random\(\)|setTimeout\(|globalThis\.fetch|crypto\.getRandomValues)/

  it('takes clock, randomness and network as arguments', () => {
    const users = globSync('{src,rules}/**/*.ts').filter(
      file => !isTest(file) && file !== 'src/world.ts' && impure.test(readFileSync(file, 'utf8')),
    )
    expect(users).toEqual([])
  })
})

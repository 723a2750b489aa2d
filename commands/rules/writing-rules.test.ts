import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Pack } from '../../src/detect/pack.ts'
import type { Rule } from '../../src/detect/rule.ts'
import { mutantsOf } from '../../src/detect/rule-mutants.ts'
import { runRuleTests } from '../../src/detect/rule-test.ts'

const PROJECT = join(import.meta.dirname, '../..')
const page = readFileSync(join(PROJECT, 'docs/writing-rules.md'), 'utf8')
const blocks = Array.from(page.matchAll(/```ts\n(.*?)```/gs), ([, source = '']) => source)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(import.meta.dirname, '.page-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function loaded(source: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  const path = join(folder, name)
  writeFileSync(path, source.replaceAll('../../src', '../../../src'))
  return await import(/* @vite-ignore */ pathToFileURL(path).href)
}

describe('the files that docs/writing-rules.md shows', () => {
  it('are a pack and two rules, laid out as the formatter wants them', () => {
    expect(blocks).toHaveLength(3)
    for (const source of blocks) {
      const biome = join(PROJECT, 'node_modules/.bin/biome')
      const formatted = execFileSync(biome, ['format', '--stdin-file-path=rules/posix/x.ts'], {
        input: source,
      })
      expect(source).toBe(formatted.toString())
    }
  })

  it('are a pack that can be served', async () => {
    const { ourExtensions } = await loaded(blocks[0] ?? '', 'pack.ts')
    // What pack() answered, or it had thrown.
    expect(Object.keys((ourExtensions as Pack).queries)).toEqual(['coupon-finder'])
  })

  it.each([1, 2])('are rules that pass their tests, also those of mistakes', async index => {
    const { default: made } = await loaded(blocks[index] ?? '', `rule${index}.ts`)
    const rule = made as Rule // What rule() answered, or it had thrown.
    expect(runRuleTests(rule).flatMap(({ failures }) => failures)).toEqual([])
    expect(mutantsOf(rule).filter(({ killedBy }) => killedBy.length === 0)).toEqual([])
  })
})

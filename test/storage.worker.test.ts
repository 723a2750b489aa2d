import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { freshStorage } from './storage.ts'

beforeEach(freshStorage)

it('lays the schema', async () => {
  const { results } = await env.DB.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  expect(results.map(row => row['name'])).toContain('events')
})

it('refuses a batch whose assertion fails, whole', async () => {
  const write = env.DB.prepare("INSERT INTO states VALUES ('a', '{}', 1)")
  const abort = env.DB.prepare('INSERT INTO assertions SELECT 0')
  await expect(env.DB.batch([write, abort])).rejects.toThrow(/CHECK/)
  expect(await env.DB.prepare('SELECT count(*) AS n FROM states').first('n')).toBe(0)
})

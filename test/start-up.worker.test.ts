import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Env } from '../src/env.ts'
import { freshStorage } from './storage.ts'
import { WholeWorker } from './whole-worker.ts'

let whole: WholeWorker | null = null

beforeEach(freshStorage)
afterEach(() => whole?.leave())

/** What a Worker with these secrets prints of its configuration when the first host comes. */
async function complaints(overrides: Partial<Env>): Promise<readonly string[]> {
  whole = new WholeWorker(overrides)
  await whole.enroll('web-1')
  return whole.printed.filter(text => text.includes('configuration_problem'))
}

describe('a Worker that starts', () => {
  it('says nothing when nothing is missing', async () => {
    expect(await complaints({})).toEqual([])
  })

  it('says which destination lacks its key, once', async () => {
    const said = await complaints({ PAGERDUTY_ROUTING_KEY: '' })
    expect(said).toEqual([
      expect.stringContaining('PAGERDUTY_ROUTING_KEY is missing or not a routing key: alerts to'),
    ])
    await whole?.enroll('web-2')
    expect(whole?.printed.filter(text => text.includes('configuration_problem'))).toHaveLength(1)
  })

  it('quotes no secret that is malformed', async () => {
    const said = await complaints({
      PAGERDUTY_ROUTING_KEY: 'hush-hush',
      SLACK_WEBHOOK_URL: 'http://hush-hush.example.com/',
      WEBHOOK_URL: 'https://hush-hush:hush@example.com/',
      WEBHOOK_SECRET: 'hush-hush',
    })
    expect(said).toHaveLength(5)
    expect(said.join()).not.toContain('hush')
  })
})

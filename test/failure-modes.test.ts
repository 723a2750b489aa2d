import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/**
 * What can go wrong between a host and whoever is woken, and the tests of ours that hold it: file and title. A mode is
 * named by its number in the reference data beside this repository.
 */
const HELD_BY: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  // The consumer dies after the destination accepted.
  F01: [
    [
      'test/lying-destinations.test.ts',
      'is followed by one that sends it again: two requests, one identity, one incident',
    ],
    ['test/bad-destinations.test.ts', 'a reset behind what was done'],
    [
      'src/notify/deliver.worker.test.ts',
      'is followed by a second send with the same identity: one incident',
    ],
    [
      'src/notify/order.worker.test.ts',
      'ends with PagerDuty knowing what the alert is, by one incident at most',
    ],
  ],
  // D1 is down while logs come in.
  F02: [
    ['test/agents-against-worker.worker.test.ts', 'notices nothing of a D1 that is down, once it has a key'],
    ['src/agent/replies.worker.test.ts', '%s: leaves a true reply'],
    [
      'src/ingest/consume-faults.worker.test.ts',
      'stores every line once with exact counts, whichever call fails',
    ],
  ],
  // D1 is down in a consumer.
  F03: [
    ['src/notify/deliver.worker.test.ts', 'nothing is sent and every message comes back later'],
    [
      'src/ingest/consume-faults.worker.test.ts',
      'tries again after 15 to 120 seconds, not all at the same time',
    ],
  ],
  // The queue fails or hangs, or the Worker dies between commit and send.
  F04: [
    [
      'test/lost-wake-ups.worker.test.ts',
      'because it %s is made up for by cron: every delivery arrives once',
    ],
    ['src/notify/sweep.worker.test.ts', 'because the queue refused it is made up for by the sweeper'],
    ['src/notify/wake.test.ts', 'does not wait for a queue that hangs'],
  ],
  // 429, with or without Retry-After.
  F05: [
    ['test/bad-destinations.test.ts', 'in %s hears of nothing until then, and of all of it after'],
    ['src/notify/deliver.worker.test.ts', 'by 429 hears nothing of other alerts either until then'],
    [
      'src/notify/retry-after.test.ts',
      'never asks for less than a second or more than an hour, whatever it holds',
    ],
  ],
  // A destination hangs or drips.
  F06: [
    [
      'test/bad-destinations.test.ts',
      'by never answering is let go after ten seconds, and the others in the batch hear meanwhile',
    ],
    [
      'test/bad-destinations.test.ts',
      'by dripping a byte a second is let go after ten seconds, its lease freed',
    ],
    [
      'test/bad-destinations.test.ts',
      'by %s holds a batch of ten that are all its own for less than 20 s, four at once',
    ],
    ['test/bad-destinations.test.ts', 'is read to 16 KB and no further'],
    ['src/notify/deliver.worker.test.ts', 'by never answering is let go after ten seconds, its lease freed'],
    ['src/notify/post.test.ts', 'keeps the status of an answer whose body drips for 15 s, and aborts'],
  ],
  // Hours of 5xx.
  F07: [
    [
      'test/bad-destinations.test.ts',
      'is tried after 5 and 15 seconds, a fifth more or less, and once it is up it is told',
    ],
    ['test/bad-destinations.test.ts', 'because it %s costs the others nothing, and waits for its next try'],
    [
      'src/notify/deliver.worker.test.ts',
      'is tried for 72 hours, then the delivery is parked, and a redrive delivers it',
    ],
    ['src/notify/fail-over.worker.test.ts', 'goes to the fallback after five minutes, not before, and once'],
  ],
  // 400, 413, 422.
  F08: [
    ['src/notify/deliver.worker.test.ts', 'the body by %i gets a minimal one at once'],
    ['test/every-destination.test.ts', 'takes every alert that any rule can make of any event'],
  ],
  // A key is revoked or rotated.
  F09: [
    ['test/bad-destinations.test.ts', 'by a key that was revoked is told all of it once the key is another'],
    ['test/bad-destinations.test.ts', 'by %i is asked once, and what it did not take is kept'],
    [
      'test/bad-destinations.test.ts',
      'that leads to another door is not followed, and nothing is asked again',
    ],
    ['src/notify/redrive-changed.worker.test.ts', 'F09: a key that was revoked'],
    ['src/notify/webhook.worker.test.ts', 'is made by both secrets while one takes the place of the other'],
  ],
  // A message is poison.
  F10: [
    ['src/notify/deliver.worker.test.ts', 'F10: one poisonous message among a hundred'],
    ['src/ingest/dead-letter.worker.test.ts', 'keeps what it can not read, too'],
  ],
  // The same message twice, also at the same moment.
  F11: [
    [
      'test/lying-destinations.test.ts',
      'on the queue, and in two batches at the same moment: one request for each delivery',
    ],
    ['src/notify/deliver.worker.test.ts', 'at the same moment sends once'],
    [
      'test/bad-posts.test.ts',
      'that come in any order, each up to three times, also at the same moment, count once',
    ],
  ],
  // Messages out of order.
  F12: [
    ['test/lying-destinations.test.ts', 'leave PagerDuty with what each alert is'],
    ['src/notify/order.worker.test.ts', 'leave PagerDuty with what the alert is'],
  ],
  // No answer after the body was sent.
  F13: [
    [
      'test/lying-destinations.test.ts',
      'gets the trigger again with the same key, the resolve a minute later, and that twice',
    ],
    [
      'test/lying-destinations.test.ts',
      '30 seconds later by the clock, after a try that arrived: it ends with no open incident',
    ],
    [
      'test/lying-destinations.test.ts',
      'and does it only when the resolve has come: the second resolve closes what it opened',
    ],
    ['src/notify/late-effects.worker.test.ts', 'F13: a timeout after the body was sent'],
  ],
  // Clocks differ.
  F14: [
    ['src/alerts/plan.test.ts', 'goes by our clock alone, whatever the agents say'],
    ['src/ingest/event-time.test.ts', 'believes unixTime also against calendarTime, and says so'],
  ],
  // Cron overlaps itself.
  F15: [
    ['src/store/leases.worker.test.ts', 'lets only one of two runs at the same time do the work'],
    [
      'src/store/leases.worker.test.ts',
      'takes over from a dead holder only after its time, and is not ended by it',
    ],
  ],
  // Cron is missed.
  F16: [
    [
      'test/skipped-ticks.worker.test.ts',
      'are followed by one that neither floods nor takes hosts for silent, and by one word of the gap',
    ],
    [
      'src/staleness/check.worker.test.ts',
      'judges nobody for a time after a gap of cron, and says for how long nobody looked',
    ],
    ['src/staleness/canary.worker.test.ts', "['cron', () => ({ cron: true })]"],
  ],
  // Old and new code share queue and schema.
  F17: [
    ['test/golden-messages.worker.test.ts', 'F17: messages of every released version'],
    ['test/released-schemas.worker.test.ts', 'of %i migrations, filled by its code, works after the rest'],
  ],
  // What was dead is redriven.
  F18: [
    [
      'src/notify/redrive-changed.worker.test.ts',
      'F18: a thousand dead deliveries, half of them resolved since',
    ],
  ],
  // A storm.
  F19: [
    [
      'test/storm.test.ts',
      '%s: counted exactly, told within cap and budget, a critical of another rule in time',
    ],
    ['src/alerts/life.worker.test.ts', 'F19: a storm'],
    [
      'src/notify/gate.worker.test.ts',
      'keeps a quarter for critical alerts, which a storm of others does not hold up',
    ],
  ],
  // Flapping.
  F20: [
    [
      'src/alerts/flapping.worker.test.ts',
      'pages once within any hour, and goes on paging, at a period of %i minutes',
    ],
    [
      'src/alerts/flapping.worker.test.ts',
      'pages once within any hour at any period from one minute to two hours, whatever share of it is open',
    ],
    ['src/alerts/flapping.worker.test.ts', 'F20: a storm whose alert somebody resolves all the time'],
  ],
  // A stage is dead and nobody notices.
  F21: [
    ['src/staleness/canary.worker.test.ts', 'stops within three minutes without %s, and comes back with it'],
  ],
  // The edge answers in our place.
  F22: [
    ['test/osquery-reply.test.ts', 'about every reply to a log or config request'],
    ['test/bad-edge.test.ts', 'as the problem document of %i loses what was posted'],
    ['test/bad-edge.test.ts', 'as the problem document of %i becomes a config without a schedule'],
    ['src/agent/replies.worker.test.ts', 'are refused with an error, for none of them may look like success'],
  ],
  // Text that is odd or huge.
  F23: [
    ['src/notify/pagerduty.test.ts', 'is one that PagerDuty takes, whatever the alert holds'],
    [
      'src/notify/slack.test.ts',
      'is one that Slack takes, and holds no markup but our own link, whatever the alert holds',
    ],
    ['src/notify/webhook.test.ts', 'is below 20 KB, and JSON, whatever the alert holds'],
    ['src/ingest/normalize.test.ts', 'becomes events or a reason, never neither and never a throw'],
  ],
  // PagerDuty's webhooks are replayed or out of order.
  F24: [
    [
      'src/inbound/pagerduty.worker.test.ts',
      'F24: a webhook that is replayed, out of order, or about another alert of the incident',
    ],
  ],
}

describe('each failure mode', () => {
  for (const [mode, tests] of Object.entries(HELD_BY)) {
    it.each(tests)(`${mode} is held by %s: %s`, (file, title) => {
      expect(readFileSync(file, 'utf8')).toContain(title)
    })
  }
})

const REFERENCE = resolve('../shared/data/alerts/failure-modes.json')

describe.runIf(existsSync(REFERENCE))('the reference', () => {
  it('names no mode that has no test here', () => {
    const modes = JSON.parse(readFileSync(REFERENCE, 'utf8')) as { id: string }[] // as the file has it
    expect(modes.map(({ id }) => id).filter(id => (HELD_BY[id] ?? []).length === 0)).toEqual([])
    expect(Object.keys(HELD_BY)).toEqual(modes.map(({ id }) => id))
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { hostKind } from '../../rules/packs/host-kind.ts'
import { detectionOf, rowsOf, testWorld } from '../../test/consumer.ts'
import { batchOf, gzipPost, inlinePost, queued } from '../../test/ingest-batch.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import { touchHosts } from '../store/hosts.ts'
import { consumeIngest } from './consume.ts'
import { createNormalizer } from './normalize.ts'

beforeEach(freshStorage)

const line = (query: string, columns: object, action = 'added', pack = 'host-kind') => ({
  name: `pack_${pack}_${query}`,
  hostIdentifier: 'h',
  calendarTime: '',
  unixTime: TEST_NOW / 1000,
  epoch: 0,
  counter: 0,
  action,
  columns,
})

async function guessAfter(...lines: readonly object[]) {
  const detection = { ...detectionOf(), normalizer: createNormalizer([hostKind]) }
  const message = queued(inlinePost(gzipPost(lines, 'result'), { receivedAt: TEST_NOW, host: 'host-1' }))
  await consumeIngest(batchOf(message), testWorld(), detection)
  return await rowsOf('SELECT class_guess, class_reason FROM hosts')
}

it('keeps the surest of what the rows of one post tell', async () => {
  const lines = [
    line('chassis', { chassis_types: 'Notebook' }),
    line('battery', { serial_number: 'D861' }),
    line('hardware', { hardware_vendor: 'ASUS', hardware_model: 'System Product Name' }),
  ]
  expect(await guessAfter(...lines)).toEqual([
    { class_guess: 'laptop', class_reason: 'Its chassis is of the type Notebook.' },
  ])
})

it('learns nothing from rows that went away, or of other packs', async () => {
  const battery = { serial_number: 'D861' }
  const lines = [line('battery', battery, 'removed'), line('battery', battery, 'added', 'software')]
  expect(await guessAfter(...lines)).toEqual([{ class_guess: '', class_reason: '' }])
})

it('counts a server that says it is none, once for whatever comes twice', async () => {
  await touchHosts(env.DB, [{ hostId: 'host-1' as HostId, channel: 'result', at: 1_000 }]).run()
  const group = line('ec2_group', { key: 'aws:autoscaling:groupName', value: 'web' })
  await guessAfter(group)
  await guessAfter(group)
  expect(await rowsOf("SELECT label, value FROM counters WHERE name = 'classes_lowered'")).toEqual([
    { label: 'host-1', value: 1 },
  ])
})

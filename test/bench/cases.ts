import { Hono } from 'hono'
import { packs, rules } from '../../rules/index.ts'
import { agentApp } from '../../src/agent/app.ts'
import { mintNodeKey } from '../../src/agent/node-key.ts'
import { createEngine, type Engine } from '../../src/detect/engine.ts'
import type { HostFacts, HostId, OsqueryEvent } from '../../src/detect/event.ts'
import { type Rule, rule, table } from '../../src/detect/rule.ts'
import { createNormalizer } from '../../src/ingest/normalize.ts'
import { described } from '../described.ts'
import { benchPost } from './posts.ts'
import { quietWorld } from './quiet-world.ts'

/** Run by `workerd bench`: see commands/bench.ts, which reads the medians of these cases and makes ratios of them. */

/** What `workerd bench` hands to a case. */
interface Bench {
  run(name: string, work: () => unknown): void
}

const ROWS_IN_POST = 104
const RECEIVED_AT = 1_767_400_000_000
const HOST: HostFacts = {
  id: 'benchhost' as HostId,
  name: 'web-01.example.com',
  platform: 'ubuntu',
  tags: [],
}

export default {
  async bench(bench: Bench): Promise<void> {
    lineToFindings(bench)
    await acceptPost(bench)
  },
}

function lineToFindings(bench: Bench): void {
  const { text } = benchPost(1, ROWS_IN_POST)
  const normalizer = createNormalizer(packs)
  const judged = (engine: Engine | null) => () => {
    const parsed: { data: readonly unknown[] } = JSON.parse(text)
    const events: OsqueryEvent[] = []
    const lines = normalizer.post({ hostId: HOST.id, receivedAt: RECEIVED_AT })
    for (const record of parsed.data) lines.add(record, false, events)
    let findings = 0
    if (engine !== null) for (const event of events) findings += engine.evaluate(event, HOST).length
    return findings
  }
  bench.run('parse', () => JSON.parse(text))
  bench.run('normalize', judged(null))
  bench.run('judge', judged(createEngine(rules)))
  bench.run('judge-10', judged(createEngine(syntheticRules(10))))
  bench.run('judge-1000', judged(createEngine(syntheticRules(1_000))))
}

/** Rules of the usual kind: each looks at a column of one table. The first ten meet the tables of the posts, as in a small registry. */
function syntheticRules(count: number): Rule[] {
  const met = ['crontab', 'processes', 'process_events', 'socket_events', 'file_events'] as const
  const others = [
    'kernel_modules',
    'suid_bin',
    'authorized_keys',
    'etc_hosts',
    'mounts',
    'sudoers',
    'iptables',
  ] as const
  return Array.from({ length: count }, (_, i) => {
    const name = i < 10 ? (met[i % met.length] ?? 'crontab') : (others[i % others.length] ?? 'mounts')
    return rule({
      id: `bench.rule-${i}`,
      title: 'A rule that looks at one column',
      severity: 'low',
      on: table(name),
      detect: ({ event }) => event.columns?.['path'] === `/never/${i}`,
      ...described,
      tests: [
        { name: 'that path', match: true, columns: { path: `/never/${i}` } },
        { name: 'another path', match: false, columns: { path: '/' } },
      ],
    })
  })
}

async function acceptPost(bench: Bench): Promise<void> {
  const world = quietWorld()
  const key = mintNodeKey(world, HOST.id)
  const body = await gzipped(postOf(22, key))
  const headers = {
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'content-length': String(body.length),
    authorization: `NodeKey ${key}`,
    'user-agent': 'osquery/5.23.1',
  }
  const request = (path: string) =>
    new Request(`https://margay.example.com${path}`, { method: 'POST', headers, body })
  const margay = agentApp(world, packs)
  const context = { waitUntil() {}, passThroughOnException() {}, props: {} }
  bench.run('accept', async () => {
    const response = await margay.fetch(request('/api/v1/osquery/log'), {}, context)
    if ((await response.text()) !== '{}') throw new Error('the post was not accepted')
  })
  const bare = new Hono()
  bare.post('/log', async c => {
    await world.ingest.send({
      v: 1,
      kind: 'inline',
      postId: 'bare',
      hostId: HOST.id,
      receivedAt: RECEIVED_AT,
      gzip: new Uint8Array(await c.req.arrayBuffer()),
    })
    return c.json({})
  })
  bench.run('accept-bare', async () => {
    const response = await bare.fetch(request('/log'), {}, context)
    if ((await response.text()) !== '{}') throw new Error('the post was not accepted')
  })
}

/** A post of about 10 KB as a host with `logger_tls_compress` sends it: the node key comes first. */
function postOf(rows: number, key: string): string {
  const parsed: { data: unknown[] } = JSON.parse(benchPost(1, rows).text)
  return JSON.stringify({ node_key: key, log_type: 'result', data: parsed.data })
}

async function gzipped(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

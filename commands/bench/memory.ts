import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { gzipBomb } from '../../test/bomb.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** One input and how far it raised the memory of the process over what it was before. */
export interface MemoryUse {
  readonly input: string
  readonly mebibytes: number
}

interface HostileInput {
  readonly input: string
  readonly path: '/accept' | '/seal' | '/read'
  readonly body: Uint8Array
}

/**
 * Serves the memory Worker and posts the worst that fits the caps, one input at a time, each to a process of its own.
 * Reads the peak from /proc, so it needs Linux; elsewhere it answers null.
 */
export async function measureMemory(configPath: string): Promise<readonly MemoryUse[] | null> {
  if (process.platform !== 'linux') return null
  const uses: MemoryUse[] = []
  for (const hostile of hostileInputs()) uses.push(await measureOne(configPath, hostile))
  return uses
}

function hostileInputs(): readonly HostileInput[] {
  const bomb = gzipBomb('{"data":[{"name":"', 1024)
  const rows = `{"data":[${'{"name":"q","columns":{"a":"b"},"unixTime":1767225600},'.repeat(1_100_000).slice(0, -1)}]}`
  const long = `{"data":[${JSON.stringify({ name: 'q', columns: { a: 'x'.repeat(7 * MIB) } })}]}`
  const digits = linesOf(Buffer.from(noise(15 * MIB)).toString('base64'))
  return [
    { input: 'a gzip bomb of 1 GiB, accepted', path: '/accept', body: bomb },
    { input: 'a gzip bomb of 1 GiB, read', path: '/read', body: bomb },
    { input: '60 MB of a million small lines, read', path: '/read', body: gzipSync(rows) },
    { input: 'one line of 7 MiB, read', path: '/read', body: gzipSync(long) },
    {
      input: '4 million empty objects, read',
      path: '/read',
      body: gzipSync(`{"data":[${'{},'.repeat(4_000_000)}{}]}`),
    },
    { input: '70,000 nested arrays, read', path: '/read', body: gzipSync(deep(70_000)) },
    { input: 'a gzip bomb of 1 GiB, spooled', path: '/seal', body: bomb },
    { input: '60 MB of a million small lines, spooled', path: '/seal', body: gzipSync(rows) },
    { input: '16 MiB of lines that hardly compress, read', path: '/read', body: gzipSync(digits) },
    { input: '16 MiB of lines that hardly compress, spooled', path: '/seal', body: gzipSync(digits) },
    { input: '18 MiB that don’t compress, refused', path: '/accept', body: noise(18 * MIB) },
  ]
}

/** A post whose lines hold that text, a kilobyte each. */
function linesOf(text: string): string {
  const lines = Array.from({ length: Math.ceil(text.length / 1024) }, (_, i) =>
    JSON.stringify({ name: 'q', columns: { a: text.slice(i * 1024, (i + 1) * 1024) } }),
  )
  return `{"data":[${lines.join()}]}`
}

function deep(levels: number): string {
  return `{"data":[{"name":"q","columns":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}]}`
}

/** The same bytes in every run. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

async function measureOne(configPath: string, { input, path, body }: HostileInput): Promise<MemoryUse> {
  const workerd = spawn('workerd', ['serve', configPath, '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  try {
    const origin = `http://127.0.0.1:${await listeningPort(workerd)}`
    const ordinary = gzipSync('{"node_key":"none","log_type":"result","data":[]}')
    for (let i = 0; i < 20; i++) await post(origin, path, ordinary)
    const before = await resetPeak(workerd.pid)
    await post(origin, path, body)
    return { input, mebibytes: ((await peakKib(workerd.pid)) - before) / KIB }
  } finally {
    workerd.kill('SIGKILL')
  }
}

async function post(origin: string, path: string, body: Uint8Array): Promise<void> {
  const response = await fetch(origin + path, { method: 'POST', body: new Uint8Array(body) })
  const answer = await response.text()
  if (!answer.startsWith('{'))
    throw new Error(`the memory Worker answered ${response.status} ${answer.slice(0, 200)}`)
}

/** workerd tells on its control pipe which port it got. */
async function listeningPort(workerd: ChildProcess): Promise<number> {
  const control = workerd.stdio[3]
  if (!control || !('read' in control)) throw new Error('workerd has no control pipe')
  for await (const line of createInterface({ input: control })) {
    const message: { event?: string; port?: number } = JSON.parse(line)
    if (message.event === 'listen' && message.port !== undefined) return message.port
  }
  throw new Error('workerd ended before it listened')
}

/** @returns the memory that the process has now, in KiB, from where the next peak is counted */
async function resetPeak(pid: number | undefined): Promise<number> {
  // proc(5): writing 5 sets the peak back to the present.
  await writeFile(`/proc/${pid}/clear_refs`, '5')
  return await peakKib(pid)
}

async function peakKib(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1])
}

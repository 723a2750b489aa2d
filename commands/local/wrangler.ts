import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { localGet } from './local-get.ts'

/** The checkout: wrangler.toml, migrations and node_modules lie here. */
export const PROJECT = join(import.meta.dirname, '..', '..')

/** wrangler asks nobody on the network: no metrics, no reports, no look-up of the visitor's place. */
export const OFFLINE = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // Local traces cost about as much CPU as the Worker itself.
  X_LOCAL_OBSERVABILITY: 'false',
} as const

/** A busy two-core machine needs about 10 s; beyond this something is wrong. */
const START_DEADLINE_MS = 90_000
const POLL_MS = 100
/** Time for a clean end before the whole group is killed. */
const STOP_GRACE_MS = 4_000

export interface WorkerOptions {
  readonly port: number
  /** Directory of the local D1 and R2. */
  readonly stateDirectory: string
  /** File with the Worker's secrets and overrides, or undefined for `.dev.vars`. */
  readonly varsFile?: string
  /** Variables that are no secrets. */
  readonly vars?: Readonly<Record<string, string>>
  readonly https?: { readonly certificatePath: string; readonly keyPath: string }
  /** A bundle made by `bundleWorker`; without it the sources are watched and the Worker reloads when they change. */
  readonly bundle?: string
  /** Each line that wrangler or the Worker prints. */
  readonly onLine: (line: string) => void
}

/** A local Worker: `wrangler dev` with its workerd, in a process group of its own. */
export interface LocalWorker {
  /** `http://localhost:<port>`. */
  readonly origin: string
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>
  /** Fires the cron once. False when the Worker did not answer. */
  fireCron(): Promise<boolean>
  /** Ends it in order, or by force after some seconds. */
  stop(): Promise<void>
  /** kill -9 of the whole group: what a power cut leaves is what was on disk. */
  kill(): Promise<void>
}

/** Lays the schema into the local D1. Rejects with wrangler's words when that fails. */
export async function applyMigrations(stateDirectory: string): Promise<void> {
  await runWrangler(['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', stateDirectory])
}

/** Builds the Worker into one file, so that editing a source does not restart it. Returns the file. */
export async function bundleWorker(directory: string): Promise<string> {
  await runWrangler(['deploy', '--dry-run', '--outdir', directory])
  return join(directory, 'worker.js')
}

/** Starts the Worker and waits until it answers. Rejects when it ends or stays mute. */
export async function startWorker(options: WorkerOptions): Promise<LocalWorker> {
  const child = spawnWrangler(devArguments(options), { detached: true })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const lastLines = readLines(child, options.onLine)
  const killGroup = () => signalGroup(child, 'SIGKILL')
  process.once('exit', killGroup)
  ended.then(() => process.off('exit', killGroup))

  const protocol = options.https === undefined ? 'http' : 'https'
  const ca = options.https === undefined ? undefined : readFileSync(options.https.certificatePath, 'utf8')
  const origin = `${protocol}://localhost:${options.port}`
  const worker: LocalWorker = {
    origin,
    ended,
    fireCron: () => fireCron(origin, ca),
    stop: async () => {
      signalGroup(child, 'SIGINT')
      await Promise.race([ended, sleep(STOP_GRACE_MS)])
      killGroup()
      await ended
    },
    kill: async () => {
      killGroup()
      await ended
    },
  }
  await untilReady(worker, ca, () => lastLines.join('\n'))
  return worker
}

/** True when nothing listens on the port. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, 'localhost', () => probe.close(() => resolve(true)))
  })
}

function devArguments(options: WorkerOptions): string[] {
  const vars = Object.entries(options.vars ?? {}).flatMap(([name, value]) => ['--var', `${name}:${value}`])
  return [
    'dev',
    ...(options.bundle === undefined ? [] : [options.bundle, '--no-bundle']),
    '--config',
    join(PROJECT, 'wrangler.toml'),
    '--port',
    String(options.port),
    '--persist-to',
    options.stateDirectory,
    '--show-interactive-dev-session=false',
    ...(options.varsFile === undefined ? [] : ['--env-file', options.varsFile]),
    ...vars,
    ...(options.https === undefined
      ? []
      : [
          '--local-protocol',
          'https',
          '--https-key-path',
          options.https.keyPath,
          '--https-cert-path',
          options.https.certificatePath,
        ]),
  ]
}

function spawnWrangler(args: readonly string[], options: { readonly detached: boolean }): ChildProcess {
  const cli = join(PROJECT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  return spawn(process.execPath, [cli, ...args], {
    cwd: PROJECT,
    env: { ...process.env, ...OFFLINE },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.detached,
  })
}

async function runWrangler(args: readonly string[]): Promise<void> {
  const child = spawnWrangler(args, { detached: false })
  const lines = readLines(child, () => undefined)
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  if (code !== 0) throw new Error(`wrangler ${args.join(' ')} failed:\n${lines.join('\n')}`)
}

/** How much of the output is kept to explain a failure, lines. */
const KEPT_LINES = 30

function readLines(child: ChildProcess, onLine: (line: string) => void): readonly string[] {
  const kept: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', line => {
      kept.push(line)
      if (kept.length > KEPT_LINES) kept.shift()
      onLine(line)
    })
  }
  return kept
}

async function untilReady(
  worker: LocalWorker,
  ca: string | undefined,
  lastWords: () => string,
): Promise<void> {
  let over = false
  worker.ended.then(() => {
    over = true
  })
  for (let waited = 0; waited < START_DEADLINE_MS; waited += POLL_MS) {
    if (over) throw new Error(`the Worker ended while it started:\n${lastWords()}`)
    if ((await localGet(`${worker.origin}/healthz`, ca)) !== null) return
    await sleep(POLL_MS)
  }
  await worker.kill()
  throw new Error(`the Worker did not answer within ${START_DEADLINE_MS / 1000} s:\n${lastWords()}`)
}

async function fireCron(origin: string, ca: string | undefined): Promise<boolean> {
  const reply = await localGet(`${origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*&format=json`, ca)
  return reply?.includes('"outcome":"ok"') ?? false
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    // ESRCH: the group is gone already, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

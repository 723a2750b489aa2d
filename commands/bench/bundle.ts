import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where bundles and workerd's configuration are put; ignored by git. */
const OUTPUT = '.wrangler/bench'

/** A Worker for workerd to run: its name within the configuration, and the wrangler configuration that bundles it. */
export interface BenchedWorker {
  readonly name: string
  readonly config: string
  /** Entry module, when it is another than the configuration's own. */
  readonly entry?: string
}

/**
 * Bundles Workers as `wrangler deploy` would and writes a configuration by which workerd runs them.
 * @returns the path of the configuration
 */
export async function bundle(workers: readonly BenchedWorker[]): Promise<string> {
  await rm(OUTPUT, { recursive: true, force: true })
  await mkdir(OUTPUT, { recursive: true })
  for (const worker of workers) await bundleOne(worker)
  const path = join(OUTPUT, 'workerd.capnp')
  await writeFile(path, configuration(workers))
  return path
}

async function bundleOne({ name, config, entry }: BenchedWorker): Promise<void> {
  const outdir = join(process.cwd(), OUTPUT, name)
  const args = [
    'deploy',
    ...(entry === undefined ? [] : [entry]),
    '--config',
    config,
    '--dry-run',
    '--outdir',
    outdir,
  ]
  await run('wrangler', args, { env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } })
}

/** wrangler names the bundle after the entry. */
function bundleFile(entry = 'worker.ts'): string {
  return `${parse(entry).name}.js`
}

function configuration(workers: readonly BenchedWorker[]): string {
  const services = workers.map(({ name }) => `(name = "${name}", worker = .${name})`)
  const definitions = workers.map(
    ({ name, entry }) => `const ${name} :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "${name}/${bundleFile(entry)}")],
  compatibilityDate = "2026-11-17",
);`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services.join(', ')}],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "${workers[0]?.name ?? ''}")],
);
${definitions.join('\n')}
`
}

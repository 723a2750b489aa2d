import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where bundles and workerd's configurations are put; ignored by git. */
const OUTPUT = '.wrangler/bench'
const WRANGLER_CONFIG = 'test/bench/wrangler.toml'

/**
 * Bundles a Worker as `wrangler deploy` would and writes a configuration by which workerd runs it, as the service
 * `bench` on a free port of this machine.
 * @returns the path of the configuration
 */
export async function bundle(entry: string): Promise<string> {
  const { name } = parse(entry)
  const outdir = join(process.cwd(), OUTPUT, name)
  await rm(outdir, { recursive: true, force: true })
  const args = ['deploy', entry, '--config', WRANGLER_CONFIG, '--dry-run', '--outdir', outdir]
  await run('wrangler', args, { env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } })
  const path = join(outdir, 'workerd.capnp')
  await writeFile(path, configuration(name))
  return path
}

function configuration(name: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bench", worker = .bench)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "bench")],
);
const bench :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "${name}.js")],
  compatibilityDate = "2026-11-17",
);
`
}

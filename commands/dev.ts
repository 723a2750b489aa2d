/** `npm run dev`: the Worker alone on this machine, with local D1, R2 and queues. */

import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readArguments, wholeNumber } from './local/arguments.ts'
import { type LocalCertificate, localCertificate } from './local/certificate.ts'
import { ensureDevVars, localSecrets } from './local/dev-vars.ts'
import { osqueryFlags } from './local/osquery-flags.ts'
import { applyMigrations, isPortFree, type LocalWorker, PROJECT, startWorker } from './local/wrangler.ts'

const HELP = `npm run dev [-- --port N --https]

Starts the Worker alone on http://localhost:8787 with local D1, R2 and queues. Migrations are applied, .dev.vars is
made with random secrets when it is missing, the cron fires each minute, and sources are watched.

  --port N   the port to listen on (8787)
  --https    serve https with a self-signed certificate, so that a real osqueryd on this machine can connect
  --help     this text

Put a PagerDuty integration key into .dev.vars to be paged for real.`

const DEFAULT_PORT = 8787
const CRON_INTERVAL_MS = 60_000
/** wrangler's own place for local state, so that other wrangler commands see the same D1 and R2. */
const STATE_DIRECTORY = join(PROJECT, '.wrangler', 'state')
const VARS_FILE = join(PROJECT, '.dev.vars')

/** What differs from production: local queues live in memory, so every post also lies in R2 until it is stored. */
const LOCAL_VARS = { ENVIRONMENT: 'local', INLINE_MAX_BYTES: '0' } as const

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  const read = readArguments(args, {
    port: { type: 'string', default: String(DEFAULT_PORT) },
    https: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  if (!read.ok) return complain(read.reason)
  if (read.values.help) {
    console.log(HELP)
    return 0
  }
  const port = wholeNumber(read.values.port, 1, 65_535)
  if (port === null) return complain(`--port must be a number from 1 to 65535, not "${read.values.port}".`)
  if (!(await isPortFree(port))) {
    return complain(
      `Port ${port} is taken. Stop what listens there, or choose another: npm run dev -- --port ${port + 1}`,
    )
  }
  return serve(port, read.values.https)
}

async function serve(port: number, https: boolean): Promise<number> {
  if (ensureDevVars(VARS_FILE)) console.log('Made .dev.vars with random secrets.')
  const certificate = https ? await localCertificate(join(PROJECT, '.wrangler', 'tls'), Date.now()) : null
  console.log('Applying migrations to the local D1 …')
  try {
    await applyMigrations(STATE_DIRECTORY)
    console.log('Starting the Worker …')
    const worker = await startWorker({
      port,
      stateDirectory: STATE_DIRECTORY,
      vars: { ...LOCAL_VARS, PUBLIC_URL: `${https ? 'https' : 'http'}://localhost:${port}` },
      ...(certificate === null ? {} : { https: certificate }),
      onLine: line => console.log(line),
    })
    console.log(instructions(worker.origin, port, certificate))
    await untilStopped(worker)
    return 0
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error))
  }
}

/** Fires the cron each minute until Ctrl-C or until the Worker ends by itself. */
async function untilStopped(worker: LocalWorker): Promise<void> {
  const cron = setInterval(() => void worker.fireCron(), CRON_INTERVAL_MS)
  const stop = () => void worker.stop()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  await worker.ended
  clearInterval(cron)
}

function instructions(origin: string, port: number, certificate: LocalCertificate | null): string {
  const { enrollSecret, adminToken } = localSecrets(VARS_FILE)
  const api = [
    '',
    `The Worker is at ${origin}. Its API:`,
    `  curl ${certificate === null ? '' : `--cacert ${certificate.certificatePath} `}-H 'Authorization: Bearer ${adminToken}' ${origin}/api/v1/hosts`,
    '',
  ]
  if (certificate === null) {
    return [
      ...api,
      'osqueryd speaks https only. To point a real one here: npm run dev -- --https',
      `Hosts enroll with the secret ${enrollSecret}`,
      '',
    ].join('\n')
  }
  const enrollSecretPath = join(PROJECT, '.wrangler', 'tls', 'enroll-secret')
  writeFileSync(enrollSecretPath, enrollSecret, { mode: 0o600 })
  const flags = osqueryFlags({
    tlsHostname: `localhost:${port}`,
    enrollSecretPath,
    serverCertificates: certificate.certificatePath,
  })
  return [
    ...api,
    `Flags for an osqueryd on this machine (the certificate also names ${hostname()}):`,
    ...flags.map(flag => `  ${flag}`),
    '',
  ].join('\n')
}

function complain(reason: string): number {
  console.error(reason)
  return 1
}

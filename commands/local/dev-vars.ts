import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** What a Worker on this machine needs of secrets; see README "Configuration". */
export interface LocalSecrets {
  readonly enrollSecret: string
  readonly adminToken: string
}

/** 32 bytes: nothing here is ever typed by hand. */
const SECRET_BYTES = 32

/**
 * Makes the file with random secrets when there is none, readable by its owner alone; an existing one is left as it is.
 * @returns true when it was made
 */
export function ensureDevVars(path: string): boolean {
  if (existsSync(path)) return false
  const lines = [
    '# Secrets of the Worker on this machine (npm run dev). Never commit this file.',
    '# label:secret, comma separated. Hosts enroll with the secret.',
    `ENROLL_SECRETS="local:${newSecret()}"`,
    '# id:secret, newest first. Signs node keys.',
    `NODE_KEY_SECRETS="k1:${newSecret()}"`,
    '# Bearer token of the JSON API.',
    `ADMIN_TOKEN="${newSecret()}"`,
    '# Integration key of a PagerDuty Events API v2 integration (32 characters). Empty: alerts wait, nobody is paged.',
    'PAGERDUTY_ROUTING_KEY=""',
    '# For destinations of the types slack and webhook in rules/routing.ts.',
    'SLACK_WEBHOOK_URL=""',
    'WEBHOOK_URL=""',
    `WEBHOOK_SECRET="whsec_${randomBytes(SECRET_BYTES).toString('base64')}"`,
    '# Asked for each minute in which every stage works. Empty: nobody outside watches.',
    'HEARTBEAT_URL=""',
    '',
  ]
  writeFileSync(path, lines.join('\n'), { mode: 0o600 })
  return true
}

/** The secrets that a person needs to try things out. A missing one is an empty text. */
export function localSecrets(path: string): LocalSecrets {
  const vars = parseVars(readFileSync(path, 'utf8'))
  const [firstEntry = ''] = (vars.get('ENROLL_SECRETS') ?? '').split(',')
  return {
    enrollSecret: firstEntry.slice(firstEntry.indexOf(':') + 1),
    adminToken: vars.get('ADMIN_TOKEN') ?? '',
  }
}

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('hex')
}

/** `NAME=value` lines, quotes around the value taken off; anything else is skipped. */
export function parseVars(text: string): ReadonlyMap<string, string> {
  const vars = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined) vars.set(name, value.replace(/^(["'])(.*)\1$/, '$2'))
  }
  return vars
}

/** The same as a file: one `NAME="value"` a line. Values hold neither quotes nor line ends. */
export function varsFile(vars: Readonly<Record<string, string>>): string {
  return Object.entries(vars)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('')
}

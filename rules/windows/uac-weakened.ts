import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'
import type { Severity } from '../../src/detect/severity.ts'

const KEY = 'hklm\\software\\microsoft\\windows\\currentversion\\policies\\system'

interface Weakening {
  readonly data: string
  readonly means: string
  readonly severity: Severity
}

const WEAKENINGS: Readonly<Record<string, Weakening>> = {
  enablelua: { data: '0', means: 'is turned off', severity: 'high' },
  consentpromptbehavioradmin: { data: '0', means: 'no longer asks administrators', severity: 'high' },
  localaccounttokenfilterpolicy: {
    data: '1',
    means: 'no longer holds back local administrators over the network',
    severity: 'medium',
  },
}

export default rule({
  id: 'windows.uac-weakened',
  title: 'User Account Control weakened',
  severity: 'high',
  on: table('registry'),
  attack: ['T1548.002', 'T1112'],
  means:
    'User Account Control keeps what an administrator runs from having their rights until they say yes. Without it everything that they start has all rights, and stolen passwords of local administrators work over the network (LocalAccountTokenFilterPolicy).',
  check:
    "SELECT name, data FROM registry WHERE key = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System' AND name IN ('EnableLUA', 'ConsentPromptBehaviorAdmin', 'LocalAccountTokenFilterPolicy');",
  benign:
    'Group policies of old, set-up scripts for remote management (WinRM and Ansible set LocalAccountTokenFilterPolicy). What was so when the host came is not told.',
  runbook:
    'Many hosts at once: ask who changed the policy. One host: who was logged on, and what ran at that time? Put the value back; a restart may be needed, and an attacker has to wait for it too.',
  references: ['https://attack.mitre.org/techniques/T1548/002/'],
  initial: 'ignore',
  detect: ({ columns }) => weakening(columns) !== undefined,
  dynamicSeverity: ({ columns }) => weakening(columns)?.severity,
  alertTitle: ({ host, columns }) => `User Account Control on ${host} ${weakening(columns)?.means}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name.toLowerCase()}`,
  context: ({ columns }) => ({ name: columns.name, data: columns.data }),
  tests: [
    {
      name: 'turned off',
      match: true,
      columns: policy('EnableLUA', '0'),
      title: 'User Account Control on test-host is turned off',
      severity: 'high',
      dedup: 'test-host-id enablelua',
    },
    {
      name: 'no longer asks',
      match: true,
      columns: policy('ConsentPromptBehaviorAdmin', '0'),
      title: 'User Account Control on test-host no longer asks administrators',
    },
    {
      name: 'no longer holds back',
      match: true,
      columns: policy('LocalAccountTokenFilterPolicy', '1'),
      severity: 'medium',
    },
    { name: 'so when the host came', match: false, counter: '0', columns: policy('EnableLUA', '0') },
    { name: 'as Windows sets it', match: false, columns: policy('EnableLUA', '1') },
    { name: 'asks, as Windows sets it', match: false, columns: policy('ConsentPromptBehaviorAdmin', '5') },
    { name: 'holds back', match: false, columns: policy('LocalAccountTokenFilterPolicy', '0') },
    { name: 'another value', match: false, columns: policy('FilterAdministratorToken', '0') },
    {
      name: 'another key',
      match: false,
      columns: { ...policy('EnableLUA', '0'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example' },
    },
    { name: 'put back', match: false, action: 'removed', columns: policy('EnableLUA', '0') },
  ],
})

function weakening(columns: {
  readonly key: string
  readonly path: string
  readonly name: string
  readonly data: string
}): Weakening | undefined {
  const name = columns.name.toLowerCase()
  const known = Object.hasOwn(WEAKENINGS, name) ? WEAKENINGS[name] : undefined
  return known?.data === columns.data && registryKey(columns) === KEY ? known : undefined
}

function policy(name: string, data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System'
  return { key, path: `${key}\\${name}`, name, type: 'REG_DWORD', data }
}

import { plainPowerShell } from '../../src/detect/reading/powershell-code.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { POWERSHELL_ATTACK_WORDS } from '../data/powershell-words.ts'

export default rule({
  id: 'windows.powershell-attack-tool',
  title: 'PowerShell of an attacker’s tool',
  severity: 'high',
  on: table('powershell_events'),
  attack: ['T1059.001', 'T1003.001', 'T1562.001'],
  means:
    'PowerShell ran a script with words that only the tools of attackers have: Mimikatz, Kerberoast, PowerSploit, Empire, or what blinds the antivirus (AMSI).',
  check: 'SELECT datetime, script_path, script_text FROM powershell_events ORDER BY time DESC LIMIT 20;',
  benign:
    'Your own red team, people who read about it and test it, the signatures of a security product in a script.',
  runbook:
    'Isolate the host. Read the script: what did it take (passwords, tickets) and where did it send it? Which process and user ran it? Change the passwords of everyone who is logged on there.',
  references: ['https://attack.mitre.org/techniques/T1059/001/'],
  detect: ({ columns }) => toolIn(columns.script_text) !== undefined,
  alertTitle: ({ host, columns }) => `${toolIn(columns.script_text)?.tool} in PowerShell on ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${toolIn(columns.script_text)?.tool}`,
  context: ({ columns }) => ({
    word: toolIn(columns.script_text)?.word,
    script: columns.script_text.slice(0, 10_000),
    path: columns.script_path,
    id: columns.script_block_id,
  }),
  tests: [
    {
      name: 'Mimikatz',
      match: true,
      columns: {
        script_text: "Invoke-Mimikatz -Command 'privilege::debug sekurlsa::logonpasswords'",
        script_path: '',
        script_block_id: 'b1',
      },
      title: 'Mimikatz in PowerShell on test-host',
      dedup: 'test-host-id Mimikatz',
      severity: 'high',
    },
    {
      name: 'the antivirus blinded',
      match: true,
      columns: {
        script_text:
          "[Ref].Assembly.GetType('System.Management.Automation.Amsi'+'Utils').GetField('amsiInit'+'Failed','NonPublic,Static').SetValue($null,$true)",
      },
    },
    {
      name: 'hidden by backticks',
      match: true,
      columns: { script_text: 'In`voke-Kerb`eroast -OutputFormat hashcat' },
    },
    {
      name: 'administration',
      match: false,
      columns: { script_text: 'Get-Service | Where-Object Status -eq Running | Export-Csv C:\\services.csv' },
    },
    {
      name: 'a module of Windows',
      match: false,
      columns: {
        script_text: '[Convert]::FromBase64String($x) | Set-Content a.bin',
        script_path: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\Modules\\x.psm1',
      },
    },
    { name: 'no script', match: false, columns: { script_block_id: 'b1' } },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: { script_text: 'Invoke-Mimikatz' },
    },
  ],
})

/** Longer scripts are modules; what an attacker runs begins within this. */
const SCRIPT_MAX = 262_144

function toolIn(script: string) {
  if (script === '') return undefined
  const plain = plainPowerShell(script.slice(0, SCRIPT_MAX))
  return POWERSHELL_ATTACK_WORDS.words.find(({ word }) => plain.includes(word))
}

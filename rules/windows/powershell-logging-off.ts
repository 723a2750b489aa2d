import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY =
  /^(?:hklm|hku\\\*)\\software\\policies\\microsoft\\(?:windows|powershellcore)(?:\\powershell)?\\(?:scriptblocklogging|modulelogging|transcription)$/
const SWITCHES = new Set(['enablescriptblocklogging', 'enablemodulelogging', 'enabletranscripting'])

export default rule({
  id: 'windows.powershell-logging-off',
  title: 'PowerShell no longer logs what it runs',
  severity: 'medium',
  on: table('registry'),
  attack: ['T1562.002', 'T1059.001'],
  means:
    'A policy turns off the log of script blocks, modules or transcripts. From then on powershell_events and the event log are blind to what PowerShell runs; attackers do it just before.',
  check:
    "SELECT key, name, data FROM registry WHERE key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\PowerShell\\%';",
  benign: 'Administrators who find the logs too large. What was so when the host came is not told.',
  runbook:
    'Many hosts: ask who changed the policy. One host: who was logged on, and what ran after (processes, logons)? Put the value back.',
  references: ['https://attack.mitre.org/techniques/T1562/002/'],
  initial: 'ignore',
  detect: ({ columns }) =>
    columns.data === '0' && SWITCHES.has(columns.name.toLowerCase()) && KEY.test(registryKey(columns)),
  alertTitle: ({ host, columns }) => `PowerShell on ${host}: ${columns.name} set to 0`,
  context: ({ columns }) => ({ key: columns.key, name: columns.name, data: columns.data }),
  tests: [
    {
      name: 'script blocks',
      match: true,
      columns: policy('Windows\\PowerShell\\ScriptBlockLogging', 'EnableScriptBlockLogging', '0'),
      title: 'PowerShell on test-host: EnableScriptBlockLogging set to 0',
      dedup: 'test-host-id',
      severity: 'medium',
    },
    {
      name: 'PowerShell 7',
      match: true,
      columns: policy('PowerShellCore\\ModuleLogging', 'EnableModuleLogging', '0'),
    },
    {
      name: 'so when the host came',
      match: false,
      counter: '0',
      columns: policy('Windows\\PowerShell\\ScriptBlockLogging', 'EnableScriptBlockLogging', '0'),
    },
    {
      name: 'turned on',
      match: false,
      columns: policy('Windows\\PowerShell\\ScriptBlockLogging', 'EnableScriptBlockLogging', '1'),
    },
    {
      name: 'the second log of the same, off as Windows has it',
      match: false,
      columns: policy('Windows\\PowerShell\\ScriptBlockLogging', 'EnableScriptBlockInvocationLogging', '0'),
    },
    {
      name: 'another key',
      match: false,
      columns: policy('Windows\\PowerShell', 'EnableScriptBlockLogging', '0'),
    },
    {
      name: 'put back',
      match: false,
      action: 'removed',
      columns: policy('Windows\\PowerShell\\ScriptBlockLogging', 'EnableScriptBlockLogging', '0'),
    },
  ],
})

function policy(below: string, name: string, data: string) {
  const key = `HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\${below}`
  return { key, path: `${key}\\${name}`, name, type: 'REG_DWORD', data }
}

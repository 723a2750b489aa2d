import { rule, table } from '../../src/detect/rule.ts'

/**
 * Similarity of a script's letters with those of ordinary PowerShell, 0 to 1; osquery leaves it empty unless the
 * configuration has `feature_vectors`. Ordinary scripts lie above 0.8, encoded and scrambled ones below.
 */
const FLOOR = 0.25
/** Of a short text the letters say nothing. */
const LENGTH_MIN = 500

export default rule({
  id: 'windows.powershell-obfuscated',
  title: 'PowerShell that does not read like PowerShell',
  severity: 'low',
  on: table('powershell_events'),
  attack: ['T1027'],
  means:
    'The letters of the script are not those of ordinary PowerShell: it is scrambled or holds a large piece of encoded data. A hint, kept as a signal; it needs feature_vectors in the configuration of osquery.',
  check:
    "SELECT datetime, cosine_similarity, script_path, script_text FROM powershell_events WHERE cosine_similarity <> '' ORDER BY cosine_similarity LIMIT 20;",
  benign: 'Scripts that carry a certificate, a picture or a package, texts in other alphabets.',
  runbook: 'Look at it beside other alerts of the host. Decode what it holds, away from the host.',
  references: ['https://attack.mitre.org/techniques/T1027/'],
  alert: false,
  detect: ({ columns }) => {
    const { cosine_similarity, script_text } = columns
    if (script_text.length < LENGTH_MIN || !/^0(?:\.\d{1,20})?$/.test(cosine_similarity)) return false
    const similarity = Number(cosine_similarity)
    // Exactly 0 is what an agent without feature vectors may print.
    return similarity > 0 && similarity < FLOOR
  },
  context: ({ columns }) => ({
    similarity: columns.cosine_similarity,
    script: columns.script_text.slice(0, 10_000),
    path: columns.script_path,
  }),
  tests: [
    {
      name: 'scrambled',
      match: true,
      columns: { cosine_similarity: '0.12', script_text: '%~'.repeat(300), script_path: '' },
      title: 'PowerShell that does not read like PowerShell',
      severity: 'low',
    },
    {
      name: 'ordinary',
      match: false,
      columns: { cosine_similarity: '0.93', script_text: 'Get-Item '.repeat(100) },
    },
    { name: 'short', match: false, columns: { cosine_similarity: '0.12', script_text: '%~%~' } },
    { name: 'not measured', match: false, columns: { cosine_similarity: '', script_text: '%~'.repeat(300) } },
    {
      name: 'no vectors',
      match: false,
      columns: { cosine_similarity: '0.0', script_text: '%~'.repeat(300) },
    },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: { cosine_similarity: '0.12', script_text: '%~'.repeat(300) },
    },
  ],
})

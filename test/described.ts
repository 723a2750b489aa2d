/** What every rule must say, for rules of tests that are about something else. */
export const described = {
  attack: ['T1053.003'],
  means: 'Somebody was here who should not have been.',
  check: 'SELECT command, path FROM crontab;',
  benign: 'Somebody was here who should have been.',
  runbook: 'Look who was here.',
  references: ['https://attack.mitre.org/techniques/T1053/003/'],
} as const

import { rule, table } from '../../src/detect/rule.ts'
import { isEscalating } from '../data/escalating-programs.ts'

/** Tags that may stand between NOPASSWD and the commands (sudoers(5), "Tag_Spec"). */
const TAG = /^(?:NO)?(?:EXEC|FOLLOW|INTERCEPT|LOG_INPUT|LOG_OUTPUT|MAIL|PASSWD|SETENV):\s*/
/** More commands than that in one rule are judged by the first of them. */
const COMMANDS_MAX = 200

export default rule({
  id: 'posix.sudo-without-password',
  title: 'sudo gives root away without a password',
  severity: 'high',
  on: table('sudoers'),
  attack: ['T1548.003'],
  initial: 'ignore',
  detect: ({ columns }) => given(columns) !== undefined,
  alertTitle: ({ host, columns }) =>
    `${columns.header} may run ${given(columns) ?? 'anything'} as root without a password on ${host}`,
  context: ({ columns }) => ({
    who: columns.header,
    rule: columns.rule_details.slice(0, 2000),
    source: columns.source,
    gives: given(columns) ?? '',
  }),
  means:
    'Whoever runs code as this account, by whatever hole, is root one command later and needs to know no password. Programs such as find, vim or tar do as well as ALL: each can start a shell.',
  check: 'SELECT source, header, rule_details FROM sudoers;',
  benign:
    'Build agents, provisioning accounts and cloud images (ubuntu, ec2-user, vagrant) are often set up so; those that were there at first sight are passed over.',
  runbook:
    'Ask the owner of the host who needs it. If nobody does: take the line out with visudo, see in shell_history and the time of the file who put it in, and what this account ran with sudo since.',
  references: ['https://attack.mitre.org/techniques/T1548/003/', 'https://gtfobins.github.io/'],
  tests: [
    {
      name: 'everything',
      match: true,
      columns: { source: '/etc/sudoers.d/x', header: 'www-data', rule_details: 'ALL=(ALL) NOPASSWD: ALL' },
      title: 'www-data may run ALL as root without a password on test-host',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        who: 'www-data',
        rule: 'ALL=(ALL) NOPASSWD: ALL',
        source: '/etc/sudoers.d/x',
        gives: 'ALL',
      },
    },
    {
      name: 'no blanks',
      match: true,
      columns: { header: '%dev', rule_details: 'ALL=(ALL:ALL)NOPASSWD:ALL' },
    },
    {
      name: 'with more tags',
      match: true,
      columns: { header: 'ada', rule_details: 'ALL=(root) NOPASSWD: SETENV: NOEXEC:ALL' },
    },
    {
      name: 'a program that starts a shell',
      match: true,
      columns: {
        header: 'ada',
        rule_details: 'ALL = NOPASSWD: /bin/systemctl, /usr/bin/python3.11 /opt/*.py',
      },
      title: 'ada may run /usr/bin/python3.11 as root without a password on test-host',
    },
    {
      name: 'nobody is asked any more',
      match: true,
      columns: { header: 'Defaults', rule_details: '!authenticate' },
    },
    {
      name: 'nobody of a group is asked any more',
      match: true,
      columns: { header: 'Defaults:%dev', rule_details: 'env_reset, !authenticate' },
    },
    {
      name: 'with a password',
      match: false,
      columns: { header: '%sudo', rule_details: 'ALL=(ALL:ALL) ALL' },
    },
    {
      name: 'one harmless command',
      match: false,
      columns: { header: 'nagios', rule_details: 'ALL=(root) NOPASSWD: /usr/lib/nagios/plugins/check_raid' },
    },
    {
      name: 'asks again for the rest',
      match: false,
      columns: { header: 'ada', rule_details: 'ALL=(ALL) NOPASSWD: /sbin/reboot, PASSWD: ALL' },
    },
    {
      name: 'an alias of this name',
      match: false,
      columns: { header: 'Cmnd_Alias', rule_details: 'NOPASSWD=/bin/sh' },
    },
    { name: 'another default', match: false, columns: { header: 'Defaults', rule_details: 'env_reset' } },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { header: 'ubuntu', rule_details: 'ALL=(ALL) NOPASSWD:ALL' },
    },
    {
      name: 'is taken away',
      match: false,
      action: 'removed',
      columns: { header: 'ubuntu', rule_details: 'ALL=(ALL) NOPASSWD:ALL' },
    },
  ],
})

/** What the rule gives without a password that amounts to root, or undefined. */
function given({
  header,
  rule_details: details,
}: {
  readonly header: string
  readonly rule_details: string
}): string | undefined {
  if (header.startsWith('Defaults'))
    return details.includes('!authenticate') ? 'everything allowed' : undefined
  const at = details.indexOf('NOPASSWD:')
  if (at === -1 || header.endsWith('_Alias')) return undefined
  let free = false
  for (const entry of details.slice(at).split(',', COMMANDS_MAX)) {
    let command = entry.trim()
    for (let tag = TAG.exec(command)?.[0]; tag !== undefined; tag = TAG.exec(command)?.[0]) {
      if (tag.startsWith('NOPASSWD')) free = true
      if (tag.startsWith('PASSWD')) free = false
      command = command.slice(tag.length)
    }
    const [program = ''] = command.split(/\s/, 1)
    if (free && (program === 'ALL' || isEscalating(program))) return program
  }
  return undefined
}

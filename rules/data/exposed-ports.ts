/** A port on which a program takes orders or hands out data without asking who is there. */
interface ExposedPort {
  readonly service: string
  /** What whoever reaches it can do. */
  readonly gives: string
  readonly severity: 'medium' | 'high'
}

/**
 * TCP ports that do no good beyond the host itself or a closed network: services that ship without a password, and the
 * default ports of back doors. Sources: IANA's service names, the vendors' manuals on securing them, and the defaults of
 * the tools named. Left out are ports that are safe when set up well (22, 3306, 5432, 10250).
 */
export const EXPOSED_PORTS = {
  checked: '2026-11-24',
  ports: new Map<string, ExposedPort>([
    ['23', { service: 'Telnet', gives: 'logins in plain text', severity: 'medium' }],
    ['512', { service: 'rexec', gives: 'commands, with passwords in plain text', severity: 'medium' }],
    ['513', { service: 'rlogin', gives: 'logins by the word of the client', severity: 'medium' }],
    ['514', { service: 'rsh', gives: 'commands by the word of the client', severity: 'medium' }],
    ['2375', { service: 'Docker', gives: 'root on this host', severity: 'high' }],
    ['4444', { service: 'the usual port of Metasploit', gives: 'commands', severity: 'high' }],
    ['5555', { service: 'Android debugging', gives: 'a shell', severity: 'medium' }],
    ['5900', { service: 'VNC', gives: 'the screen and the keyboard', severity: 'medium' }],
    ['6379', { service: 'Redis', gives: 'its data, and often files of its account', severity: 'medium' }],
    ['8088', { service: 'YARN', gives: 'commands as its account', severity: 'medium' }],
    ['9200', { service: 'Elasticsearch', gives: 'its data', severity: 'medium' }],
    ['11211', { service: 'memcached', gives: 'its data, and floods against others', severity: 'medium' }],
    ['27017', { service: 'MongoDB', gives: 'its data', severity: 'medium' }],
    ['31337', { service: 'the usual port of back doors', gives: 'commands', severity: 'high' }],
  ]),
} as const

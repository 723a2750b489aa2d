import { logType, rule } from '../../src/detect/rule.ts'

/** What osqueryd says of an enrollment that failed (plugins/remote/enroll/tls_enroll.cpp) … */
const ENROLLMENT = 'Failed enrollment request to '
/** … and of any request that never got an answer: certificates, names, connections (osquery/remote/transports/tls.cpp). */
const REQUEST = 'Request error: '

export default rule({
  id: 'agent.server-unreachable',
  title: 'osquery could not reach or enroll with its server',
  severity: 'low',
  on: logType('Osquery.Status'),
  attack: ['T1562.006'],
  threshold: 5,
  dedupPeriod: '24h',
  detect: ({ event }) =>
    event.message?.startsWith(ENROLLMENT) === true || event.message?.includes(REQUEST) === true,
  alertTitle: ({ host }) => `osquery on ${host} could not reach or enroll with its server`,
  context: ({ event }) => ({ message: event.message?.slice(0, 2000), written_at: event.calendarTime }),
  means:
    'The agent says afterwards that it was refused, or could not connect, several times a day. Until it could send again it kept its lines, so they came late; a clock, certificate or network that fails now and then becomes one that fails for good. Somebody on the host or before it may block the agent on purpose.',
  check:
    "SELECT name, value FROM osquery_flags WHERE name IN ('tls_hostname', 'tls_server_certs', 'proxy_hostname', 'enroll_secret_path');",
  benign:
    'Laptops that wake without a network, captive portals, a secret that was rotated before all hosts had the new one, an outage of ours.',
  runbook:
    'Read the message. Certificate verify failed: the clock of the host, its certificate bundle, or a proxy that opens TLS. Enrollment refused: which secret does it have? Connections that are refused or time out on one host: firewall and hosts file there, and who changed them. Many hosts at the same time: what was wrong here then?',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/remote/'],
  tests: [
    {
      name: 'an enrollment that was refused',
      match: true,
      message:
        'Failed enrollment request to https://margay.example.com/enroll (Request failed: invalid_secret) retrying...',
      title: 'osquery on test-host could not reach or enroll with its server',
      severity: 'low',
      dedup: 'test-host-id',
    },
    {
      name: 'a certificate that does not verify',
      match: true,
      message: 'Request error: certificate verify failed',
      context: {
        message: 'Request error: certificate verify failed',
        written_at: 'Tue, 14 Nov 2023 22:13:20 GMT',
      },
    },
    { name: 'an ordinary status line', match: false, message: 'Executing scheduled query crontab' },
    {
      name: 'another message that speaks of enrollment',
      match: false,
      message: 'Executing scheduled query x: SELECT "Failed enrollment request to y"',
    },
    {
      name: 'a result that speaks of it',
      match: false,
      logType: 'Osquery.Differential',
      columns: { command: 'grep "Request error: " /var/log/osquery' },
    },
  ],
})

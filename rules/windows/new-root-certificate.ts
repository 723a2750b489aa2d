import { rule, table } from '../../src/detect/rule.ts'
import { ROOT_STORES } from '../data/windows-names.ts'

export default rule({
  id: 'windows.new-root-certificate',
  title: 'New certificate that Windows trusts for everything',
  severity: 'medium',
  on: table('certificates'),
  attack: ['T1553.004'],
  means:
    'A certificate was added to the trusted roots. Whoever holds its key can pretend to be any web site or sign any program for this host, and read what is encrypted on the way.',
  check:
    "SELECT common_name, issuer, sha1, not_valid_before, not_valid_after, store_location, username FROM certificates WHERE store LIKE '%Root Certification Authorities%' AND self_signed = 1 ORDER BY not_valid_before DESC LIMIT 20;",
  benign:
    'Proxies, antivirus and tools for developers (Fiddler, mkcert, IIS Express). A roll-out to the whole fleet is one alert, because it is one certificate. Roots that Windows itself fetches are left out by the query of the pack; a query that takes all certificates shows them.',
  runbook:
    'Who made the certificate (issuer) and when? A name of a well-known authority with a start date of this week is a forgery. Unknown: take it out (certutil -delstore Root SHA1), look at what ran when it came, and at the proxy settings of the host.',
  references: ['https://attack.mitre.org/techniques/T1553/004/'],
  initial: 'ignore',
  detect: ({ columns, query }) =>
    columns.self_signed === '1' &&
    columns.sha1 !== '' &&
    ROOT_STORES.names.has(columns.store.toLowerCase()) &&
    // Every user is shown the roots of the machine as well; only the query of our pack tells them apart.
    (columns.store_location === 'LocalMachine' || query === 'root_certificates'),
  alertTitle: ({ host, columns }) =>
    `${host} trusts a new root certificate: ${columns.common_name || columns.sha1}`,
  // The same certificate on a thousand hosts is one roll-out, or one attack.
  dedup: ({ columns }) => columns.sha1.toLowerCase(),
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    common_name: columns.common_name,
    issuer: columns.issuer,
    sha1: columns.sha1,
    not_valid_before: columns.not_valid_before,
    store: columns.path,
    user: columns.username,
  }),
  tests: [
    {
      name: 'of the machine',
      match: true,
      columns: root({ path: 'LocalMachine\\Trusted Root Certification Authorities' }),
      title: 'test-host trusts a new root certificate: Example Interception CA',
      dedup: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
      severity: 'medium',
    },
    {
      name: 'of a user, by the plain name',
      match: true,
      query: 'root_certificates',
      columns: root({ store: 'Root', store_location: 'Users', username: 'ada' }),
    },
    {
      name: 'shown to a user by a query that takes all',
      match: false,
      columns: root({ store_location: 'Users', username: 'ada' }),
    },
    {
      name: 'on a German Windows',
      match: true,
      columns: root({ store: 'Vertrauenswürdige Stammzertifizierungsstellen' }),
    },
    { name: 'there when the host came', match: false, counter: '0', columns: root({}) },
    {
      name: 'an intermediate authority',
      match: false,
      columns: root({ store: 'Intermediate Certification Authorities' }),
    },
    { name: 'a certificate of a user', match: false, columns: root({ store: 'Personal' }) },
    { name: 'signed by another', match: false, columns: root({ self_signed: '0' }) },
    { name: 'a row without its hash', match: false, columns: root({ sha1: '' }) },
    { name: 'taken out', match: false, action: 'removed', columns: root({}) },
  ],
})

function root(more: Readonly<Record<string, string>>) {
  return {
    common_name: 'Example Interception CA',
    issuer: 'Example Interception CA',
    self_signed: '1',
    sha1: 'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709',
    not_valid_before: '1699990000',
    store: 'Trusted Root Certification Authorities',
    store_location: 'LocalMachine',
    ...more,
  }
}

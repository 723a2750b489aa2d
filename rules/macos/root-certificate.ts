import { baseName } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** What macOS makes for itself; renewed now and then. A name proves nothing, so they are noted, not left out. */
const OWN = new Set(['com.apple.kerberos.kdc', 'com.apple.systemdefault'])

export default rule({
  id: 'macos.root-certificate',
  title: 'New root certificate on the Mac',
  severity: 'medium',
  on: table('certificates'),
  attack: ['T1553.004', 'T1557'],
  means:
    'A certificate that signs itself and may sign others came into the keychain of the Mac. If it is trusted, its owner can be any web site for this Mac and read along; adware and stealers put one there together with a proxy.',
  check:
    "SELECT common_name, issuer, not_valid_before, not_valid_after, sha1, path FROM certificates WHERE path = '/Library/Keychains/System.keychain' AND ca = 1 AND self_signed = 1;",
  benign:
    'The authority of one’s own organization, by device management; proxies and tools of developers (mkcert, Charles, Proxyman, mitmproxy); virus scanners and web filters.',
  initial: 'ignore',
  detect: ({ columns: { ca, self_signed, path } }) =>
    ca === '1' && self_signed === '1' && KEYCHAINS.has(baseName(path)),
  dynamicSeverity: ({ columns }) => {
    // The root of the MaMi hijacker.
    if (columns.common_name.includes('cloudguard.me')) return 'critical'
    return OWN.has(columns.common_name) ? 'info' : undefined
  },
  alertTitle: ({ host, columns }) =>
    `New root certificate on ${host}: ${columns.common_name || columns.subject}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.sha1}`,
  context: ({ columns }) => ({
    name: columns.common_name,
    subject: columns.subject,
    issuer: columns.issuer,
    sha1: columns.sha1,
    keychain: columns.path,
    validFrom: columns.not_valid_before,
    validUntil: columns.not_valid_after,
  }),
  runbook:
    'Is it the fleet’s own, or that of a tool the user has? Compare the fingerprint, not the name. If nobody knows it: see whether it is trusted (security dump-trust-settings -d) and which proxy is set (scutil --proxy), remove both, and find what put them there.',
  references: [
    'https://attack.mitre.org/techniques/T1553/004/',
    'https://objective-see.org/blog/blog_0x26.html',
  ],
  tests: [
    {
      name: 'in the keychain of the Mac',
      match: true,
      columns: {
        common_name: 'Example Root CA',
        subject: 'CN=Example Root CA',
        issuer: 'CN=Example Root CA',
        ca: '1',
        self_signed: '1',
        sha1: 'ab12',
        path: '/Library/Keychains/System.keychain',
        not_valid_before: '1700000000',
        not_valid_after: '1900000000',
      },
      title: 'New root certificate on test-host: Example Root CA',
      dedup: 'test-host-id ab12',
      severity: 'medium',
      context: {
        name: 'Example Root CA',
        subject: 'CN=Example Root CA',
        issuer: 'CN=Example Root CA',
        sha1: 'ab12',
        keychain: '/Library/Keychains/System.keychain',
        validFrom: '1700000000',
        validUntil: '1900000000',
      },
    },
    {
      name: 'in the keychain of a user, without a name',
      match: true,
      columns: {
        subject: 'O=Example',
        ca: '1',
        self_signed: '1',
        path: '/Users/ada/Library/Keychains/login.keychain-db',
      },
      title: 'New root certificate on test-host: O=Example',
    },
    {
      name: 'of a known hijacker',
      match: true,
      columns: {
        common_name: 'cloudguard.me',
        ca: '1',
        self_signed: '1',
        path: '/Library/Keychains/System.keychain',
      },
      severity: 'critical',
    },
    {
      name: 'called like one of macOS',
      match: true,
      columns: {
        common_name: 'com.apple.systemdefault',
        ca: '1',
        self_signed: '1',
        path: '/Library/Keychains/System.keychain',
      },
      severity: 'info',
    },
    {
      name: 'of macOS itself',
      match: false,
      columns: {
        common_name: 'Example Global Root',
        ca: '1',
        self_signed: '1',
        path: '/System/Library/Keychains/SystemRootCertificates.keychain',
      },
    },
    {
      name: 'for a machine',
      match: false,
      columns: { ca: '0', self_signed: '1', path: '/Library/Keychains/System.keychain' },
    },
    {
      name: 'in between',
      match: false,
      columns: { ca: '1', self_signed: '0', path: '/Library/Keychains/System.keychain' },
    },
    {
      name: 'on Windows',
      match: false,
      columns: { ca: '1', self_signed: '1', path: 'LocalMachine\\Root' },
    },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { ca: '1', self_signed: '1', path: '/Library/Keychains/System.keychain' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { ca: '1', self_signed: '1', path: '/Library/Keychains/System.keychain' },
    },
  ],
})

/** Keychains that something may be put into; those of macOS itself are sealed. */
const KEYCHAINS = new Set(['System.keychain', 'login.keychain', 'login.keychain-db'])

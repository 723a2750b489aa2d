import { rule, table } from '../../src/detect/rule.ts'
import { BAD_PACKAGES, type BadPackage } from '../data/bad-packages.ts'

export default rule({
  id: 'posix.bad-package',
  title: 'Package that is known to do harm is installed',
  severity: 'high',
  on: table('python_packages', 'npm_packages'),
  attack: ['T1195.001', 'T1195.002'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name} ${columns.version}`,
  dedupPeriod: '24h',
  detect: ({ table: from, columns }) => {
    const bad = badPackage(from, columns.name)
    return bad !== undefined && (bad.versions === null || bad.versions.includes(columns.version))
  },
  alertTitle: ({ host, table: from, columns }) =>
    `${columns.name} ${columns.version} on ${host}: ${badPackage(from, columns.name)?.why ?? 'known to do harm'}`,
  context: ({ table: from, columns }) => ({
    package: columns.name,
    version: columns.version,
    path: columns.path,
    why: badPackage(from, columns.name)?.why,
  }),
  means:
    'This version was published to steal or to open a door, and its code runs when it is installed, long before anybody imports it. Keys and tokens that the installing account could read must be taken for stolen.',
  check:
    'SELECT name, version, path, directory FROM npm_packages; SELECT name, version, path, directory FROM python_packages;',
  benign: 'A mirror or a scanner that keeps the package without installing it; a copy kept for research.',
  runbook:
    'Take the host off the network if it is a build host or holds keys. Find out who installed it and when (file times of path). Rotate every key and token that account could read: cloud, SSH, registries, environment. Rebuild the host rather than uninstall. Look for the same package elsewhere.',
  references: ['https://attack.mitre.org/techniques/T1195/001/', 'https://osv.dev'],
  tests: [
    {
      name: 'a version that was taken over',
      match: true,
      table: 'npm_packages',
      columns: { name: 'axios', version: '1.14.1', path: '/srv/app/node_modules/axios/package.json' },
      title: 'axios 1.14.1 on test-host: taken over, remote access trojan, March 2026',
      dedup: 'test-host-id axios 1.14.1',
      severity: 'high',
      context: {
        package: 'axios',
        version: '1.14.1',
        path: '/srv/app/node_modules/axios/package.json',
        why: 'taken over, remote access trojan, March 2026',
      },
    },
    {
      name: 'a lookalike, in any version and spelling',
      match: true,
      table: 'python_packages',
      columns: { name: 'Python3_dateutil', version: '2.9.1' },
    },
    {
      name: 'found at first sight',
      match: true,
      counter: '0',
      table: 'python_packages',
      columns: { name: 'litellm', version: '1.82.8' },
    },
    {
      name: 'the version before',
      match: false,
      table: 'npm_packages',
      columns: { name: 'axios', version: '1.14.0' },
    },
    {
      name: 'a version that begins alike',
      match: false,
      table: 'npm_packages',
      columns: { name: 'debug', version: '4.4.20' },
    },
    {
      name: 'the honest package',
      match: false,
      table: 'python_packages',
      columns: { name: 'python-dateutil', version: '2.9.0' },
    },
    {
      name: 'a name of the other registry',
      match: false,
      table: 'npm_packages',
      columns: { name: 'colourama', version: '1.0.0' },
    },
    {
      name: 'uninstalled',
      match: false,
      action: 'removed',
      table: 'npm_packages',
      columns: { name: 'axios', version: '1.14.1' },
    },
  ],
})

function badPackage(from: string, name: string): BadPackage | undefined {
  return from === 'npm_packages'
    ? BAD_PACKAGES.npm.get(name)
    : BAD_PACKAGES.python.get(name.toLowerCase().replace(/[_.]/g, '-'))
}

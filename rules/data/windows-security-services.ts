interface SecurityService {
  /** Name of the service, lower case. */
  readonly name: string
  /** What people call it. */
  readonly product: string
  /** Starts some minutes after Windows, so that it is innocently stopped until then. */
  readonly startsLate?: true
}

/**
 * Services that guard a Windows host or tell of it. Names of Windows' own from learn.microsoft.com, of products from their
 * vendors' pages on what must run ("services", "processes and services").
 */
export const SECURITY_SERVICES: {
  readonly checked: string
  readonly services: readonly SecurityService[]
} = {
  checked: '2026-11-24',
  services: [
    { name: 'windefend', product: 'Microsoft Defender Antivirus' },
    { name: 'sense', product: 'Microsoft Defender for Endpoint' },
    { name: 'mpssvc', product: 'Windows Firewall' },
    { name: 'bfe', product: 'Base Filtering Engine' },
    { name: 'eventlog', product: 'Windows Event Log' },
    { name: 'wscsvc', product: 'Windows Security Center', startsLate: true },
    { name: 'osqueryd', product: 'osquery' },
    { name: 'sysmon', product: 'Sysmon' },
    { name: 'sysmon64', product: 'Sysmon' },
    { name: 'csfalconservice', product: 'CrowdStrike Falcon' },
    { name: 'sentinelagent', product: 'SentinelOne' },
    { name: 'cbdefense', product: 'Carbon Black Cloud' },
    { name: 'cylancesvc', product: 'Cylance' },
    { name: 'cyserver', product: 'Cortex XDR' },
    { name: 'elasticendpoint', product: 'Elastic Defend' },
    { name: 'huntressagent', product: 'Huntress' },
    { name: 'mbamservice', product: 'Malwarebytes' },
    { name: 'sophos endpoint defense service', product: 'Sophos' },
    { name: 'sophos mcs agent', product: 'Sophos' },
    { name: 'ekrn', product: 'ESET' },
    { name: 'xagt', product: 'Trellix HX' },
  ],
}

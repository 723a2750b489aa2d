import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.unsigned-driver',
  title: 'Driver of a device that nobody signed',
  severity: 'medium',
  on: table('drivers'),
  attack: ['T1014', 'T1553.006'],
  means:
    'Windows of 64 bits loads no driver without a signature, unless someone turned that off (test signing) or went around it. What runs in the kernel sees and hides everything.',
  check:
    "SELECT name, data FROM registry WHERE path = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\SystemStartOptions';",
  benign:
    'Old hardware and drivers that someone develops. What was there when the host came is not told, nor devices without a driver of their own.',
  runbook:
    'Is TESTSIGNING among the start options (check)? Who makes the driver, and what device is it for? Unknown: isolate the host, keep the file, look it up by its hash.',
  references: [
    'https://attack.mitre.org/techniques/T1014/',
    'https://attack.mitre.org/techniques/T1553/006/',
  ],
  initial: 'ignore',
  // -1 means that Windows did not say.
  detect: ({ columns }) => columns.signed === '0' && columns.image !== '',
  alertTitle: ({ host, columns }) => `Unsigned driver on ${host}: ${columns.image}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.image.toLowerCase()}`,
  context: ({ columns }) => ({
    image: columns.image,
    device: columns.device_name,
    service: columns.service,
    provider: columns.provider,
    version: columns.version,
  }),
  tests: [
    {
      name: 'a driver',
      match: true,
      columns: {
        device_name: 'Example',
        image: 'C:\\Windows\\system32\\drivers\\example.sys',
        signed: '0',
        service: 'example',
      },
      title: 'Unsigned driver on test-host: C:\\Windows\\system32\\drivers\\example.sys',
      dedup: 'test-host-id c:\\windows\\system32\\drivers\\example.sys',
      severity: 'medium',
    },
    {
      name: 'there when the host came',
      match: false,
      counter: '0',
      columns: { image: 'C:\\x.sys', signed: '0' },
    },
    { name: 'signed', match: false, columns: { image: 'C:\\x.sys', signed: '1' } },
    { name: 'not told', match: false, columns: { image: 'C:\\x.sys', signed: '-1' } },
    {
      name: 'a device without driver',
      match: false,
      columns: { device_name: 'Volume', image: '', signed: '0' },
    },
    { name: 'gone', match: false, action: 'removed', columns: { image: 'C:\\x.sys', signed: '0' } },
  ],
})

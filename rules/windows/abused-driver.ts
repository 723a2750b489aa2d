import { registryKey } from '../../src/detect/reading/registry.ts'
import { isDropPlace } from '../../src/detect/reading/windows-launch.ts'
import { isUnderWindows, windowsBaseName } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { ABUSED_DRIVERS } from '../data/windows-drivers.ts'

const SERVICE = /^hklm\\system\\currentcontrolset\\services\\([^\\]+)$/

export default rule({
  id: 'windows.abused-driver',
  title: 'Driver that attackers bring along',
  severity: 'medium',
  on: table('registry'),
  attack: ['T1068', 'T1543.003', 'T1562.001'],
  means:
    'A driver is registered whose holes let any program into the kernel, or one that lies where nobody installs drivers. Ransomware brings such a driver, signed and trusted, to kill the antivirus from below.',
  check:
    "SELECT r.key, r.data, h.sha256 FROM registry r LEFT JOIN hash h ON h.path = replace(r.data, '\\??\\', '') WHERE r.key LIKE 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\%' AND r.name = 'ImagePath' AND r.data LIKE '%.sys%';",
  benign:
    'Tools for overclocking, fans and LEDs (MSI Afterburner, Gigabyte, ASUS) install some of these drivers, CPU-Z loads its own from a folder of temporary files. What was there when the host came is not told.',
  runbook:
    'Look up the hash of the driver. Does a product in Program Files belong to it, and does the owner use it? If not: isolate the host; is the antivirus still alive? Keep the driver, delete its service, restart, and turn on the block list of Microsoft.',
  references: ['https://attack.mitre.org/techniques/T1068/', 'https://www.loldrivers.io/'],
  initial: 'ignore',
  detect: ({ columns }) =>
    columns.name.toLowerCase() === 'imagepath' &&
    SERVICE.test(registryKey(columns)) &&
    (isAbused(columns.data) || isDropped(columns.data)),
  // Where Windows keeps the drivers of devices that are plugged in: nobody brings one there by hand.
  exclude: ({ columns }) => isUnderWindows(columns.data, '\\Windows\\System32\\DriverStore'),
  dynamicSeverity: ({ columns }) =>
    isDropped(columns.data) || !isInstalled(columns.data)
      ? isAbused(columns.data)
        ? 'high'
        : 'medium'
      : 'low',
  alertTitle: ({ host, columns }) => `Driver ${windowsBaseName(columns.data)} on ${host}: ${columns.data}`,
  dedup: ({ hostId, columns }) => `${hostId} ${windowsBaseName(columns.data)}`,
  context: ({ columns }) => ({
    service: SERVICE.exec(registryKey(columns))?.[1] ?? '',
    image: columns.data,
    known: isAbused(columns.data),
  }),
  tests: [
    {
      name: 'a known one, dropped',
      match: true,
      columns: driver('RTCore64', '\\??\\C:\\Users\\Public\\RTCore64.sys'),
      title: 'Driver rtcore64.sys on test-host: \\??\\C:\\Users\\Public\\RTCore64.sys',
      dedup: 'test-host-id rtcore64.sys',
      severity: 'high',
      context: { service: 'rtcore64', image: '\\??\\C:\\Users\\Public\\RTCore64.sys', known: true },
    },
    {
      name: 'a known one in a strange folder',
      match: true,
      columns: driver('x', '\\??\\D:\\x\\gdrv.sys'),
      severity: 'high',
    },
    {
      name: 'a known one of a product',
      match: true,
      columns: driver('RTCore64', '\\??\\C:\\Program Files (x86)\\MSI Afterburner\\RTCore64.sys'),
      severity: 'low',
    },
    {
      name: 'an unknown one, dropped',
      match: true,
      columns: driver('x', '\\??\\C:\\Windows\\Temp\\x.sys'),
      severity: 'medium',
    },
    {
      name: 'there when the host came',
      match: false,
      counter: '0',
      columns: driver('RTCore64', '\\??\\C:\\Users\\Public\\RTCore64.sys'),
    },
    { name: 'of Windows', match: false, columns: driver('disk', 'System32\\drivers\\disk.sys') },
    {
      name: 'of a product',
      match: false,
      columns: driver('vbox', '\\??\\C:\\Program Files\\Oracle\\VirtualBox\\drivers\\x.sys'),
    },
    {
      name: 'a known one of a device',
      match: false,
      columns: driver('iqvw64e', '\\SystemRoot\\System32\\DriverStore\\FileRepository\\x\\iqvw64e.sys'),
    },
    { name: 'a program', match: false, columns: driver('x', 'C:\\Users\\Public\\x.exe') },
    {
      name: 'another value',
      match: false,
      columns: { ...driver('x', 'C:\\Users\\Public\\gdrv.sys'), name: 'DisplayName' },
    },
    {
      name: 'another key',
      match: false,
      columns: {
        ...driver('x', 'C:\\Users\\Public\\gdrv.sys'),
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example',
      },
    },
    { name: 'deleted', match: false, action: 'removed', columns: driver('x', 'C:\\Users\\Public\\gdrv.sys') },
  ],
})

function isAbused(image: string): boolean {
  return ABUSED_DRIVERS.names.has(windowsBaseName(image))
}

function isDropped(image: string): boolean {
  return windowsBaseName(image).endsWith('.sys') && isDropPlace(image)
}

/** Whether it lies where only administrators write. Windows takes a path without drive for one of its own folder. */
function isInstalled(image: string): boolean {
  return (
    /^system32\\/i.test(image) ||
    isUnderWindows(image, '\\Windows\\System32', '\\Program Files', '\\Program Files (x86)')
  )
}

function driver(service: string, data: string) {
  const key = `HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\${service}`
  return { key, path: `${key}\\ImagePath`, name: 'ImagePath', type: 'REG_EXPAND_SZ', data }
}

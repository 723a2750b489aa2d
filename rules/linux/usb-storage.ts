import { rule, table } from '../../src/detect/rule.ts'

/** Drivers of Linux for disks and sticks on USB. */
const STORAGE_DRIVERS = new Set(['usb-storage', 'uas'])

export default rule({
  id: 'linux.usb-storage',
  title: 'USB stick or disk was plugged in',
  severity: 'low',
  on: table('hardware_events'),
  attack: ['T1091', 'T1052.001'],
  alert: false,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.serial}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => columns.action === 'add' && STORAGE_DRIVERS.has(columns.driver),
  alertTitle: ({ host, columns }) =>
    `${columns.vendor} ${columns.model} was plugged into ${host}`.replace(/ {2,}/g, ' '),
  context: ({ columns }) => ({
    vendor: columns.vendor,
    model: columns.model,
    serial: columns.serial,
    driver: columns.driver,
  }),
  means: 'Somebody stood at the host with a disk: files can go onto it, or programs come from it.',
  check: 'SELECT usb_address, vendor, model, serial, class, removable FROM usb_devices;',
  benign: 'Ordinary work with sticks, cameras and docking stations; virtual disks of remote management.',
  runbook:
    'On a laptop this is daily life, and the row is here to be found later. On a server: who was in the room, and what was mounted after it?',
  references: [
    'https://attack.mitre.org/techniques/T1052/001/',
    'https://attack.mitre.org/techniques/T1091/',
  ],
  tests: [
    {
      name: 'a stick',
      match: true,
      columns: {
        action: 'add',
        type: 'usb_interface',
        driver: 'usb-storage',
        vendor: 'Example',
        model: 'Flash Drive',
        serial: '0815',
      },
      title: 'Example Flash Drive was plugged into test-host',
      dedup: 'test-host-id 0815',
      severity: 'low',
      context: { vendor: 'Example', model: 'Flash Drive', serial: '0815', driver: 'usb-storage' },
    },
    { name: 'a fast disk', match: true, columns: { action: 'add', driver: 'uas', model: 'Disk' } },
    { name: 'a keyboard', match: false, columns: { action: 'add', driver: 'usbhid', model: 'Keyboard' } },
    {
      name: 'pulled out',
      match: false,
      columns: { action: 'remove', driver: 'usb-storage', model: 'Flash Drive' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { action: 'add', driver: 'usb-storage', model: 'Flash Drive' },
    },
  ],
})

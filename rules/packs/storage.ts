import { pack } from '../../src/detect/pack.ts'

/** Disks, sticks and mounts. Free space, which changes all the time, is left out. */
export const storage = pack({
  name: 'storage',
  description: 'What is mounted, plugged in and encrypted',
  platform: 'linux',
  queries: {
    mounts: {
      query: 'SELECT device, path, type, flags FROM mounts;',
      interval: 600,
      removed: false,
      table: 'mounts',
      description: 'File systems and where they are seen',
    },
    root_encryption: {
      query:
        "SELECT d.name, d.encrypted, d.type, m.path FROM disk_encryption d JOIN mounts m ON m.device = d.name WHERE m.path = '/';",
      interval: 86_400,
      removed: false,
      table: 'disk_encryption',
      description: 'Whether the disk that the system is on can be read by whoever takes it out',
    },
    hardware_events: {
      query:
        "SELECT action, path, type, driver, vendor, model, serial, time, eid FROM hardware_events WHERE driver IN ('usb-storage', 'uas');",
      interval: 300,
      removed: false,
      table: 'hardware_events',
      description: 'Sticks and disks on USB as they are plugged in',
    },
  },
})

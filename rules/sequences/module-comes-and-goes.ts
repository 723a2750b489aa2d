import { sequence } from '../../src/detect/sequence.ts'
import moduleLoaded from '../linux/kernel-module-loaded.ts'
import moduleUnloaded from '../linux/kernel-module-unloaded.ts'

export default sequence({
  id: 'linux.module-comes-and-goes',
  title: 'A kernel module came and vanished soon after',
  severity: 'medium',
  first: moduleLoaded,
  next: moduleUnloaded,
  // Modules are looked at every five minutes: what lives for less than that is mostly not seen at all.
  within: '15m',
  attack: ['T1014', 'T1547.006'],
  alertTitle: ({ host, columns }) =>
    `Module ${columns['name']} came into the kernel of ${host} and vanished soon after`,
  context: ({ columns, firsts, event }) => ({
    module: columns['name'],
    size: columns['size'],
    cameAt: firsts[0]?.at,
    goneAt: event.p_event_time,
  }),
  dedupPeriod: '24h',
  means:
    'A module was loaded into the kernel, and some minutes later the kernel no longer lists it. This is how a rootkit looks from outside: it loads, then takes itself out of the list and goes on running.',
  check:
    "SELECT name, size, status FROM kernel_modules; SELECT name, current_value FROM system_controls WHERE name = 'kernel.tainted'; SELECT path, mtime FROM file WHERE path LIKE '/sys/module/%' ORDER BY mtime DESC LIMIT 20;",
  benign:
    'Somebody who tries a driver; tracing tools that build modules (SystemTap); tests of software that needs one.',
  runbook:
    'Ask who works on the host. Compare /sys/module with lsmod, and read dmesg around the time: a module that loaded without a file below /lib/modules, or that taints the kernel, is to be treated as a rootkit. Then do not trust what the host says of itself: isolate it, keep memory and disk, rebuild.',
  references: [
    'https://attack.mitre.org/techniques/T1014/',
    'https://attack.mitre.org/techniques/T1547/006/',
  ],
  tests: [
    {
      name: 'gone after five minutes',
      match: true,
      steps: [
        { of: 'first', at: 0, columns: { name: 'helper', size: '16384' } },
        { of: 'next', at: 300, columns: { name: 'helper', size: '16384' } },
      ],
      title: 'Module helper came into the kernel of test-host and vanished soon after',
    },
    {
      name: 'gone after half an hour',
      match: false,
      steps: [
        { of: 'first', at: 0, columns: { name: 'helper' } },
        { of: 'next', at: 1800, columns: { name: 'helper' } },
      ],
    },
    {
      name: 'updated: gone, then there again',
      match: false,
      steps: [
        { of: 'next', at: 0, columns: { name: 'helper' } },
        { of: 'first', at: 300, columns: { name: 'helper' } },
      ],
    },
    {
      name: 'one comes, another goes',
      match: false,
      steps: [
        { of: 'first', at: 0, columns: { name: 'helper' } },
        { of: 'next', at: 300, columns: { name: 'other' } },
      ],
    },
    {
      name: 'on two hosts',
      match: false,
      steps: [
        { of: 'first', at: 0, host: 'a', columns: { name: 'helper' } },
        { of: 'next', at: 300, host: 'b', columns: { name: 'helper' } },
      ],
    },
    {
      name: 'a stick that is pulled out',
      match: false,
      steps: [
        { of: 'first', at: 0, columns: { name: 'usb_storage' } },
        { of: 'next', at: 300, columns: { name: 'usb_storage' } },
      ],
    },
  ],
})

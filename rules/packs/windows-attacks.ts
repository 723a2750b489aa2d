import { pack } from '../../src/detect/pack.ts'

/**
 * Traces of malware for Windows: a small part of the pack of this name that osquery ships; hosts that run the whole of it
 * are met by the same rules. What it asks of processes, our other packs ask.
 */
export const windowsAttacks = pack({
  name: 'windows-attacks',
  description: 'Traces of malware for Windows',
  platform: 'windows',
  queries: {
    'CCleaner_Trojan.Floxif': {
      query:
        "SELECT key, path, name, type, data FROM registry WHERE key = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Piriform\\Agomo';",
      interval: 21_600,
      removed: false,
      description: 'What the poisoned CCleaner of 2017 left in the registry',
    },
    unTabs_1: {
      query: "SELECT name, version, publisher, install_location FROM programs WHERE name LIKE 'unTabs%';",
      interval: 21_600,
      removed: false,
      description: 'An extension that takes over the browser',
    },
    Winsecurity_info_1: {
      query:
        "SELECT name, version, publisher, install_location FROM programs WHERE name = 'Winsecurity.info';",
      interval: 21_600,
      removed: false,
      description: 'A program that scares people into calling it',
    },
  },
})

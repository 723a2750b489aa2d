import { pack } from '../../src/detect/pack.ts'
import { MACOS_ADWARE, MACOS_MALWARE } from '../data/macos-malware.ts'

const FAMILIES = Object.entries({ ...MACOS_MALWARE.families, ...MACOS_ADWARE.families })

/**
 * Traces of malware for macOS: what the pack of this name that osquery ships looks for in some seventy queries, in a few.
 * Hosts that run osquery's are met by the same rule.
 */
export const osxAttacks = pack({
  name: 'osx-attacks',
  description: 'Traces of malware for macOS',
  platform: 'darwin',
  queries: {
    xprotect_reports: {
      query: 'SELECT name, user_action, time FROM xprotect_reports;',
      interval: 1200,
      removed: false,
      table: 'xprotect_reports',
      description: 'What macOS itself found to be malware',
    },
    launch_items: {
      // CROSS JOIN keeps this order, so that launchd is read once and not once for each name.
      query: `WITH known(family, item) AS (VALUES ${values('items')}) SELECT k.family, l.path, l.name, l.label, l.program, l.program_arguments, l.run_at_load, l.keep_alive, l.username FROM launchd l CROSS JOIN known k WHERE l.name LIKE k.item AND l.path NOT LIKE '/System/%';`,
      interval: 3600,
      table: 'launchd',
      description: 'Launch items that malware and adware install',
    },
    files: {
      // The known paths come first: the table needs a path to look at.
      query: `WITH known(family, path) AS (VALUES ${values('files')}) SELECT k.family, f.path, f.uid, f.mode, f.type, f.btime FROM known k CROSS JOIN file f WHERE f.path LIKE k.path;`,
      interval: 3600,
      table: 'file',
      description: 'Files that malware and adware leave',
    },
    OSX_MaMi_DNS_Servers: {
      query:
        "SELECT address, type FROM dns_resolvers WHERE type = 'nameserver' AND address IN ('82.163.143.135', '82.163.142.137');",
      interval: 3600,
      table: 'dns_resolvers',
      description: 'Name servers that the MaMi hijacker sets',
    },
    Keranger_process: {
      query: "SELECT pid, name, path, cmdline, uid FROM processes WHERE name = 'kernel_service';",
      interval: 3600,
      table: 'processes',
      description: 'The encrypting process of KeRanger',
    },
  },
})

/** `('DevilRobber', 'com.apple.legion.plist'), …`: the families and what they are known by, as SQL. */
function values(kind: 'items' | 'files'): string {
  return FAMILIES.flatMap(([family, known]) =>
    (known[kind] ?? []).map(name => `('${family}', '${name}')`),
  ).join(', ')
}

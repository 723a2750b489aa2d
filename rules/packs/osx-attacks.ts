import { pack, type QueryDefinition } from '../../src/detect/pack.ts'

/**
 * Traces of malware for macOS. A small part of the pack of this name that osquery ships; hosts that run the whole of it
 * are met by the same rule.
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
    WireLurker: launched('com.apple.machook_damon.plist', 'com.apple.globalupdate.plist'),
    OSX_Keydnap: launched('com.apple.iCloud.sync.daemon', 'com.geticloud.icloud.photo'),
    OSX_Proton_Launchd: launched('com.Eltima.UpdaterAgent.plist', 'com.apple.xpcd.plist'),
    OSX_ColdRoot_RAT_Launchd: launched('com.apple.audio.driver.plist'),
    OSX_FruitFly: launched('com.client.client.plist'),
    OSX_MaMi_DNS_Servers: {
      query:
        "SELECT address, type FROM dns_resolvers WHERE type = 'nameserver' AND address IN ('82.163.143.135', '82.163.142.137');",
      interval: 3600,
      table: 'dns_resolvers',
      description: 'Name servers that the MaMi hijacker sets',
    },
  },
})

function launched(...names: readonly string[]): QueryDefinition {
  const list = names.map(name => `'${name}'`).join(', ')
  return {
    query: `SELECT path, name, label, program, program_arguments, run_at_load, username FROM launchd WHERE name IN (${list});`,
    interval: 3600,
    table: 'launchd',
  }
}

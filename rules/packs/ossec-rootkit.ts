import { pack, type QueryDefinition } from '../../src/detect/pack.ts'

/**
 * Files that rootkits leave behind, under names that nothing else uses. A small part of OSSEC's list, which osquery ships
 * as a pack of this name; hosts that run the whole of it are met by the same rule.
 */
export const ossecRootkit = pack({
  name: 'ossec-rootkit',
  description: 'Files of known rootkits',
  platform: 'linux',
  queries: {
    reptile_rootkit: files('/reptile/reptile_cmd', '/lib/udev/reptile'),
    knark_installed: files('/proc/knark', '/dev/.pizda', '/dev/.pula'),
    adore_worm: files('/dev/.shit/red.tgz', '/usr/bin/adore'),
    t0rn_rootkit: files('/usr/src/.puta', '/usr/info/.t0rn', '/lib/ldlib.tk', '/etc/ttyhash'),
    zk_rootkit: files('/usr/share/.zk', '/usr/X11R6/.zk', '/etc/1ssue.net'),
    phalanx_rootkit: files('/etc/host.ph1', '/bin/host.ph1'),
    enye_sec_rootkit: files('/etc/.enyelkmHIDE^IT.ko'),
    bash_door: files('/tmp/mcliZokhb', '/tmp/mclzaKmfa'),
  },
})

function files(...paths: readonly string[]): QueryDefinition {
  const list = paths.map(path => `'${path}'`).join(', ')
  return {
    query: `SELECT path, filename, uid, gid, mode, size, mtime, ctime, type FROM file WHERE path IN (${list});`,
    interval: 3600,
    table: 'file',
  }
}

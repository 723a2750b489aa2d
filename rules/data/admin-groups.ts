/**
 * Groups whose members are root or can make themselves root, with how. Sources: the documentation of the programs named.
 */
export const ADMIN_GROUPS: ReadonlyMap<string, string> = new Map([
  ['root', 'reads and writes what belongs to the group root'],
  ['wheel', 'may use sudo or su'],
  ['sudo', 'may use sudo'],
  ['admin', 'may use sudo'],
  ['sudoers', 'may use sudo'],
  ['google-sudoers', 'may use sudo'],
  ['docker', 'may start a container that has the whole disk'],
  ['lxd', 'may start a container that has the whole disk'],
  ['incus-admin', 'may start a container that has the whole disk'],
  ['libvirt', 'may start a virtual machine that has the whole disk'],
  ['disk', 'reads and writes disks below the file system'],
  ['shadow', 'reads the hashes of passwords'],
  ['kmem', 'reads memory'],
])

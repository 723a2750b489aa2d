import type { Rule } from '../../src/detect/rule.ts'
import accessDenials from './access-denials.ts'
import accountOpened from './account-opened.ts'
import containerHostPids from './container-host-pids.ts'
import containerMountsHost from './container-mounts-host.ts'
import emptyPassword from './empty-password.ts'
import firewallLetsAllIn from './firewall-lets-all-in.ts'
import mountHidesProcess from './mount-hides-process.ts'
import newPackageSource from './new-package-source.ts'
import newResolver from './new-resolver.ts'
import oddProgramAsksMetadata from './odd-program-asks-metadata.ts'
import ossecRootkit from './ossec-rootkit.ts'
import privilegedContainer from './privileged-container.ts'
import readsPackets from './reads-packets.ts'
import remoteMount from './remote-mount.ts'
import rootNotEncrypted from './root-not-encrypted.ts'
import securityAgentRemoved from './security-agent-removed.ts'
import selinuxPermissive from './selinux-permissive.ts'
import shellConnectsOut from './shell-connects-out.ts'
import trafficRedirected from './traffic-redirected.ts'
import usbStorage from './usb-storage.ts'
import writesAccountFile from './writes-account-file.ts'

/** Rules that only make sense on Linux. */
export const linuxRules: readonly Rule[] = [
  accessDenials,
  accountOpened,
  containerHostPids,
  containerMountsHost,
  emptyPassword,
  firewallLetsAllIn,
  mountHidesProcess,
  newPackageSource,
  newResolver,
  oddProgramAsksMetadata,
  ossecRootkit,
  privilegedContainer,
  readsPackets,
  remoteMount,
  rootNotEncrypted,
  securityAgentRemoved,
  selinuxPermissive,
  shellConnectsOut,
  trafficRedirected,
  usbStorage,
  writesAccountFile,
]

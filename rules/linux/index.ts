import type { Rule } from '../../src/detect/rule.ts'
import accessDenials from './access-denials.ts'
import accountOpened from './account-opened.ts'
import containerHostPids from './container-host-pids.ts'
import containerMountsHost from './container-mounts-host.ts'
import corePatternPipe from './core-pattern-pipe.ts'
import emptyPassword from './empty-password.ts'
import firewallLetsAllIn from './firewall-lets-all-in.ts'
import firewallOpened from './firewall-opened.ts'
import huntsForPrivileges from './hunts-for-privileges.ts'
import kernelDefenceOff from './kernel-defence-off.ts'
import kernelModuleLoaded from './kernel-module-loaded.ts'
import kernelModuleUnloaded from './kernel-module-unloaded.ts'
import kernelTainted from './kernel-tainted.ts'
import ldSoPreloadWritten from './ld-so-preload-written.ts'
import logMissing from './log-missing.ts'
import makesImmutable from './makes-immutable.ts'
import moduleFromOddPlace from './module-from-odd-place.ts'
import mountHidesProcess from './mount-hides-process.ts'
import newPackageSource from './new-package-source.ts'
import newResolver from './new-resolver.ts'
import newStartupItem from './new-startup-item.ts'
import newUnitByHand from './new-unit-by-hand.ts'
import oddProgramAsksMetadata from './odd-program-asks-metadata.ts'
import ossecRootkit from './ossec-rootkit.ts'
import packageChangeOfSystemFiles from './package-change-of-system-files.ts'
import pamChanged from './pam-changed.ts'
import passwordGuessing from './password-guessing.ts'
import privilegeExploit from './privilege-exploit.ts'
import privilegedContainer from './privileged-container.ts'
import protectionStopped from './protection-stopped.ts'
import readsPackets from './reads-packets.ts'
import remoteMount from './remote-mount.ts'
import rootChildOfUser from './root-child-of-user.ts'
import rootNotEncrypted from './root-not-encrypted.ts'
import rootkitModule from './rootkit-module.ts'
import runsDeletedProgram from './runs-deleted-program.ts'
import securityAgentRemoved from './security-agent-removed.ts'
import securityModuleUnloaded from './security-module-unloaded.ts'
import selinuxPermissive from './selinux-permissive.ts'
import shellConnectsOut from './shell-connects-out.ts'
import sshSessionOpened from './ssh-session-opened.ts'
import startupFileChanged from './startup-file-changed.ts'
import startupItemInStrangeFolder from './startup-item-in-strange-folder.ts'
import trafficRedirected from './traffic-redirected.ts'
import unitInStrangeFolder from './unit-in-strange-folder.ts'
import usbStorage from './usb-storage.ts'
import writesAccountFile from './writes-account-file.ts'

/** Rules that only make sense on Linux. */
export const linuxRules: readonly Rule[] = [
  accessDenials,
  accountOpened,
  containerHostPids,
  containerMountsHost,
  corePatternPipe,
  emptyPassword,
  firewallLetsAllIn,
  firewallOpened,
  huntsForPrivileges,
  kernelDefenceOff,
  kernelModuleLoaded,
  kernelModuleUnloaded,
  kernelTainted,
  ldSoPreloadWritten,
  logMissing,
  makesImmutable,
  moduleFromOddPlace,
  mountHidesProcess,
  newPackageSource,
  newResolver,
  newStartupItem,
  newUnitByHand,
  oddProgramAsksMetadata,
  ossecRootkit,
  packageChangeOfSystemFiles,
  pamChanged,
  passwordGuessing,
  privilegeExploit,
  privilegedContainer,
  protectionStopped,
  readsPackets,
  remoteMount,
  rootChildOfUser,
  rootNotEncrypted,
  rootkitModule,
  runsDeletedProgram,
  securityAgentRemoved,
  securityModuleUnloaded,
  selinuxPermissive,
  shellConnectsOut,
  sshSessionOpened,
  startupFileChanged,
  startupItemInStrangeFolder,
  trafficRedirected,
  unitInStrangeFolder,
  usbStorage,
  writesAccountFile,
]

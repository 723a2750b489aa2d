import type { Rule } from '../../src/detect/rule.ts'
import accountMadeByCommand from './account-made-by-command.ts'
import appInOddPlace from './app-in-odd-place.ts'
import authorizationPlugin from './authorization-plugin.ts'
import autoUpdateOff from './auto-update-off.ts'
import diskNotEncrypted from './disk-not-encrypted.ts'
import fakeAppleLaunchItem from './fake-apple-launch-item.ts'
import firewallException from './firewall-exception.ts'
import firewallOff from './firewall-off.ts'
import gatekeeperOff from './gatekeeper-off.ts'
import insecureUpdates from './insecure-updates.ts'
import kernelExtension from './kernel-extension.ts'
import keyboardListener from './keyboard-listener.ts'
import keyboardTaps from './keyboard-taps.ts'
import keychainReadByCommand from './keychain-read-by-command.ts'
import launchItemInHiddenPlace from './launch-item-in-hidden-place.ts'
import launchItemMadeByCommand from './launch-item-made-by-command.ts'
import launchItemWithInlineCode from './launch-item-with-inline-code.ts'
import loginHook from './login-hook.ts'
import osxAttacks from './osx-attacks.ts'
import protectionSwitchedOff from './protection-switched-off.ts'
import quarantineRemoved from './quarantine-removed.ts'
import remoteControlTool from './remote-control-tool.ts'
import rootCertificate from './root-certificate.ts'
import screenLockOff from './screen-lock-off.ts'
import scriptAsksForPassword from './script-asks-for-password.ts'
import scriptRunsDownload from './script-runs-download.ts'
import sipOff from './sip-off.ts'
import systemExtension from './system-extension.ts'
import toolsInABurst from './tools-in-a-burst.ts'
import unsignedProgramFromDropFolder from './unsigned-program-from-drop-folder.ts'
import unsupportedVersion from './unsupported-version.ts'
import xprotectReport from './xprotect-report.ts'

/** Rules that only make sense on macOS. */
export const macosRules: readonly Rule[] = [
  accountMadeByCommand,
  appInOddPlace,
  authorizationPlugin,
  autoUpdateOff,
  diskNotEncrypted,
  fakeAppleLaunchItem,
  firewallException,
  firewallOff,
  gatekeeperOff,
  insecureUpdates,
  kernelExtension,
  keyboardListener,
  keyboardTaps,
  keychainReadByCommand,
  launchItemInHiddenPlace,
  launchItemMadeByCommand,
  launchItemWithInlineCode,
  loginHook,
  osxAttacks,
  protectionSwitchedOff,
  quarantineRemoved,
  remoteControlTool,
  rootCertificate,
  screenLockOff,
  scriptAsksForPassword,
  scriptRunsDownload,
  sipOff,
  systemExtension,
  toolsInABurst,
  unsignedProgramFromDropFolder,
  unsupportedVersion,
  xprotectReport,
]

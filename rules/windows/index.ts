import type { Rule } from '../../src/detect/rule.ts'
import abusedDriver from './abused-driver.ts'
import accessibilityToolReplaced from './accessibility-tool-replaced.ts'
import accountCreated from './account-created.ts'
import accountDeleted from './account-deleted.ts'
import addedToAdministrators from './added-to-administrators.ts'
import amsiOff from './amsi-off.ts'
import appcertDlls from './appcert-dlls.ts'
import appinitDlls from './appinit-dlls.ts'
import attackToolPipe from './attack-tool-pipe.ts'
import auditPolicyWeakened from './audit-policy-weakened.ts'
import bitlockerOff from './bitlocker-off.ts'
import customShim from './custom-shim.ts'
import debuggerHijack from './debugger-hijack.ts'
import defenderExclusion from './defender-exclusion.ts'
import defenderTurnedOff from './defender-turned-off.ts'
import dnsServerPlugin from './dns-server-plugin.ts'
import documentStartsShell from './document-starts-shell.ts'
import domainAccountCreated from './domain-account-created.ts'
import eventLogCleared from './event-log-cleared.ts'
import failedLogons from './failed-logons.ts'
import firewallOpened from './firewall-opened.ts'
import guestEnabled from './guest-enabled.ts'
import hiddenScheduledTask from './hidden-scheduled-task.ts'
import kerberoasting from './kerberoasting.ts'
import knownDllsFolder from './known-dlls-folder.ts'
import knownMalware from './known-malware.ts'
import lsaPackage from './lsa-package.ts'
import lsaProtectionOff from './lsa-protection-off.ts'
import massRename from './mass-rename.ts'
import netshHelper from './netsh-helper.ts'
import newLocalAdmin from './new-local-admin.ts'
import newRootCertificate from './new-root-certificate.ts'
import newShare from './new-share.ts'
import oddRunKey from './odd-run-key.ts'
import oddScheduledTask from './odd-scheduled-task.ts'
import oddService from './odd-service.ts'
import oddServiceInstalled from './odd-service-installed.ts'
import oddTaskRegistered from './odd-task-registered.ts'
import passwordSpray from './password-spray.ts'
import platformSecurityOff from './platform-security-off.ts'
import powershellAttackTool from './powershell-attack-tool.ts'
import powershellLoadsCode from './powershell-loads-code.ts'
import powershellLoggingOff from './powershell-logging-off.ts'
import powershellObfuscated from './powershell-obfuscated.ts'
import powershellRunsWhatItFetches from './powershell-runs-what-it-fetches.ts'
import printMonitor from './print-monitor.ts'
import recoveryDestroyed from './recovery-destroyed.ts'
import remoteControlTool from './remote-control-tool.ts'
import remoteDesktopFromInternet from './remote-desktop-from-internet.ts'
import remoteDesktopLogon from './remote-desktop-logon.ts'
import remoteDesktopOn from './remote-desktop-on.ts'
import remoteExecutionPipe from './remote-execution-pipe.ts'
import securityCenterWarns from './security-center-warns.ts'
import securityServiceDown from './security-service-down.ts'
import smb1On from './smb1-on.ts'
import startupFolder from './startup-folder.ts'
import systemProcessWrongParent from './system-process-wrong-parent.ts'
import systemProcessWrongPath from './system-process-wrong-path.ts'
import timeProvider from './time-provider.ts'
import trustedToolFetches from './trusted-tool-fetches.ts'
import uacWeakened from './uac-weakened.ts'
import unquotedServicePath from './unquoted-service-path.ts'
import unsignedDriver from './unsigned-driver.ts'
import wdigestOn from './wdigest-on.ts'
import winlogonChanged from './winlogon-changed.ts'
import wmiBinding from './wmi-binding.ts'
import wmiEventConsumer from './wmi-event-consumer.ts'

/** Rules that only make sense on Windows. */
export const windowsRules: readonly Rule[] = [
  abusedDriver,
  accessibilityToolReplaced,
  accountCreated,
  accountDeleted,
  addedToAdministrators,
  amsiOff,
  appcertDlls,
  appinitDlls,
  attackToolPipe,
  auditPolicyWeakened,
  bitlockerOff,
  customShim,
  debuggerHijack,
  defenderExclusion,
  defenderTurnedOff,
  dnsServerPlugin,
  documentStartsShell,
  domainAccountCreated,
  eventLogCleared,
  failedLogons,
  firewallOpened,
  guestEnabled,
  hiddenScheduledTask,
  kerberoasting,
  knownDllsFolder,
  knownMalware,
  lsaPackage,
  lsaProtectionOff,
  massRename,
  netshHelper,
  newLocalAdmin,
  newRootCertificate,
  newShare,
  oddRunKey,
  oddScheduledTask,
  oddService,
  oddServiceInstalled,
  oddTaskRegistered,
  passwordSpray,
  platformSecurityOff,
  powershellAttackTool,
  powershellLoadsCode,
  powershellLoggingOff,
  powershellObfuscated,
  powershellRunsWhatItFetches,
  printMonitor,
  recoveryDestroyed,
  remoteControlTool,
  remoteDesktopFromInternet,
  remoteDesktopLogon,
  remoteDesktopOn,
  remoteExecutionPipe,
  securityCenterWarns,
  securityServiceDown,
  smb1On,
  startupFolder,
  systemProcessWrongParent,
  systemProcessWrongPath,
  timeProvider,
  trustedToolFetches,
  uacWeakened,
  unquotedServicePath,
  unsignedDriver,
  wdigestOn,
  winlogonChanged,
  wmiBinding,
  wmiEventConsumer,
]

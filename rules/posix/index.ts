import type { Rule } from '../../src/detect/rule.ts'
import accountFileChanged from './account-file-changed.ts'
import asksForCloudCredentials from './asks-for-cloud-credentials.ts'
import attackToolInstalled from './attack-tool-installed.ts'
import awsCommand from './aws-command.ts'
import backdatesFile from './backdates-file.ts'
import badPackage from './bad-package.ts'
import capturesTraffic from './captures-traffic.ts'
import coinMiner from './coin-miner.ts'
import cronAtBoot from './cron-at-boot.ts'
import cronLoadsFromTmp from './cron-loads-from-tmp.ts'
import cronOfServiceAccount from './cron-of-service-account.ts'
import cronRunsRemoteCode from './cron-runs-remote-code.ts'
import cronUsesNetwork from './cron-uses-network.ts'
import exposedService from './exposed-service.ts'
import fetchesFromOddSource from './fetches-from-odd-source.ts'
import forwardsPackets from './forwards-packets.ts'
import historyErased from './history-erased.ts'
import historyOff from './history-off.ts'
import joinsAdminGroup from './joins-admin-group.ts'
import listensFromOddPlace from './listens-from-odd-place.ts'
import logDestroyed from './log-destroyed.ts'
import loginFromOutside from './login-from-outside.ts'
import logsWiped from './logs-wiped.ts'
import misledByHostsFile from './misled-by-hosts-file.ts'
import newAccount from './new-account.ts'
import preloadedLibrary from './preloaded-library.ts'
import readsSecrets from './reads-secrets.ts'
import reverseShell from './reverse-shell.ts'
import rootSession from './root-session.ts'
import runsFetchedCode from './runs-fetched-code.ts'
import runsFromOddPlace from './runs-from-odd-place.ts'
import runsFromTmp from './runs-from-tmp.ts'
import scansNetwork from './scans-network.ts'
import secondRoot from './second-root.ts'
import sendsSecrets from './sends-secrets.ts'
import serverStartsShell from './server-starts-shell.ts'
import serviceAccountShell from './service-account-shell.ts'
import shellProfileChanged from './shell-profile-changed.ts'
import shellWithConnection from './shell-with-connection.ts'
import socketAsTerminal from './socket-as-terminal.ts'
import sshFileChanged from './ssh-file-changed.ts'
import sshKeyAdded from './ssh-key-added.ts'
import sshListener from './ssh-listener.ts'
import sshLogin from './ssh-login.ts'
import sudoWithoutPassword from './sudo-without-password.ts'
import suidInWritableFolder from './suid-in-writable-folder.ts'
import suidOfInterpreter from './suid-of-interpreter.ts'
import textRunsBackwards from './text-runs-backwards.ts'
import typedRemoteCode from './typed-remote-code.ts'
import typedScan from './typed-scan.ts'
import unencryptedSshKey from './unencrypted-ssh-key.ts'
import userFromManyHosts from './user-from-many-hosts.ts'
import webShellWritten from './web-shell-written.ts'
import xzBackdoor from './xz-backdoor.ts'
import yaraMatch from './yara-match.ts'

/** Rules that hold on Linux and macOS alike. */
export const posixRules: readonly Rule[] = [
  accountFileChanged,
  asksForCloudCredentials,
  attackToolInstalled,
  awsCommand,
  backdatesFile,
  badPackage,
  capturesTraffic,
  coinMiner,
  cronAtBoot,
  cronLoadsFromTmp,
  cronOfServiceAccount,
  cronRunsRemoteCode,
  cronUsesNetwork,
  exposedService,
  fetchesFromOddSource,
  forwardsPackets,
  historyErased,
  historyOff,
  joinsAdminGroup,
  listensFromOddPlace,
  logDestroyed,
  loginFromOutside,
  logsWiped,
  misledByHostsFile,
  newAccount,
  preloadedLibrary,
  readsSecrets,
  reverseShell,
  rootSession,
  runsFetchedCode,
  runsFromOddPlace,
  runsFromTmp,
  scansNetwork,
  secondRoot,
  sendsSecrets,
  serverStartsShell,
  serviceAccountShell,
  shellProfileChanged,
  shellWithConnection,
  socketAsTerminal,
  sshFileChanged,
  sshKeyAdded,
  sshListener,
  sshLogin,
  sudoWithoutPassword,
  suidInWritableFolder,
  suidOfInterpreter,
  textRunsBackwards,
  typedRemoteCode,
  typedScan,
  unencryptedSshKey,
  userFromManyHosts,
  webShellWritten,
  xzBackdoor,
  yaraMatch,
]

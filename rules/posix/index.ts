import type { Rule } from '../../src/detect/rule.ts'
import accountFileChanged from './account-file-changed.ts'
import attackToolInstalled from './attack-tool-installed.ts'
import badPackage from './bad-package.ts'
import cronAtBoot from './cron-at-boot.ts'
import cronLoadsFromTmp from './cron-loads-from-tmp.ts'
import cronOfServiceAccount from './cron-of-service-account.ts'
import cronRunsRemoteCode from './cron-runs-remote-code.ts'
import exposedService from './exposed-service.ts'
import forwardsPackets from './forwards-packets.ts'
import historyErased from './history-erased.ts'
import joinsAdminGroup from './joins-admin-group.ts'
import listensFromOddPlace from './listens-from-odd-place.ts'
import logDestroyed from './log-destroyed.ts'
import misledByHostsFile from './misled-by-hosts-file.ts'
import newAccount from './new-account.ts'
import rootSession from './root-session.ts'
import secondRoot from './second-root.ts'
import serviceAccountShell from './service-account-shell.ts'
import shellProfileChanged from './shell-profile-changed.ts'
import shellWithConnection from './shell-with-connection.ts'
import socketAsTerminal from './socket-as-terminal.ts'
import sshFileChanged from './ssh-file-changed.ts'
import sshKeyAdded from './ssh-key-added.ts'
import sshLogin from './ssh-login.ts'
import sudoWithoutPassword from './sudo-without-password.ts'
import suidInWritableFolder from './suid-in-writable-folder.ts'
import suidOfInterpreter from './suid-of-interpreter.ts'
import textRunsBackwards from './text-runs-backwards.ts'
import typedRemoteCode from './typed-remote-code.ts'
import unencryptedSshKey from './unencrypted-ssh-key.ts'
import userFromManyHosts from './user-from-many-hosts.ts'
import webShellWritten from './web-shell-written.ts'
import yaraMatch from './yara-match.ts'

/** Rules that hold on Linux and macOS alike. */
export const posixRules: readonly Rule[] = [
  accountFileChanged,
  attackToolInstalled,
  badPackage,
  cronAtBoot,
  cronLoadsFromTmp,
  cronOfServiceAccount,
  cronRunsRemoteCode,
  exposedService,
  forwardsPackets,
  historyErased,
  joinsAdminGroup,
  listensFromOddPlace,
  logDestroyed,
  misledByHostsFile,
  newAccount,
  rootSession,
  secondRoot,
  serviceAccountShell,
  shellProfileChanged,
  shellWithConnection,
  socketAsTerminal,
  sshFileChanged,
  sshKeyAdded,
  sshLogin,
  sudoWithoutPassword,
  suidInWritableFolder,
  suidOfInterpreter,
  textRunsBackwards,
  typedRemoteCode,
  unencryptedSshKey,
  userFromManyHosts,
  webShellWritten,
  yaraMatch,
]

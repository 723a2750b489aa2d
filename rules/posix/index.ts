import type { Rule } from '../../src/detect/rule.ts'
import attackToolInstalled from './attack-tool-installed.ts'
import badPackage from './bad-package.ts'
import cronLoadsFromTmp from './cron-loads-from-tmp.ts'
import exposedService from './exposed-service.ts'
import joinsAdminGroup from './joins-admin-group.ts'
import listensFromOddPlace from './listens-from-odd-place.ts'
import misledByHostsFile from './misled-by-hosts-file.ts'
import newAccount from './new-account.ts'
import secondRoot from './second-root.ts'
import serviceAccountShell from './service-account-shell.ts'
import shellWithConnection from './shell-with-connection.ts'
import socketAsTerminal from './socket-as-terminal.ts'
import sshKeyAdded from './ssh-key-added.ts'
import sshLogin from './ssh-login.ts'
import sudoWithoutPassword from './sudo-without-password.ts'
import suidInWritableFolder from './suid-in-writable-folder.ts'
import suidOfInterpreter from './suid-of-interpreter.ts'
import unencryptedSshKey from './unencrypted-ssh-key.ts'
import yaraMatch from './yara-match.ts'

/** Rules that hold on Linux and macOS alike. */
export const posixRules: readonly Rule[] = [
  attackToolInstalled,
  badPackage,
  cronLoadsFromTmp,
  exposedService,
  joinsAdminGroup,
  listensFromOddPlace,
  misledByHostsFile,
  newAccount,
  secondRoot,
  serviceAccountShell,
  shellWithConnection,
  socketAsTerminal,
  sshKeyAdded,
  sshLogin,
  sudoWithoutPassword,
  suidInWritableFolder,
  suidOfInterpreter,
  unencryptedSshKey,
  yaraMatch,
]

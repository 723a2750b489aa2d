import type { Rule } from '../../src/detect/rule.ts'
import cronLoadsFromTmp from './cron-loads-from-tmp.ts'
import sshLogin from './ssh-login.ts'

/** Rules that hold on Linux and macOS alike. */
export const posixRules: readonly Rule[] = [cronLoadsFromTmp, sshLogin]

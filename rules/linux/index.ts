import type { Rule } from '../../src/detect/rule.ts'
import accountOpened from './account-opened.ts'
import containerHostPids from './container-host-pids.ts'
import containerMountsHost from './container-mounts-host.ts'
import emptyPassword from './empty-password.ts'
import newPackageSource from './new-package-source.ts'
import ossecRootkit from './ossec-rootkit.ts'
import privilegedContainer from './privileged-container.ts'
import securityAgentRemoved from './security-agent-removed.ts'

/** Rules that only make sense on Linux. */
export const linuxRules: readonly Rule[] = [
  accountOpened,
  containerHostPids,
  containerMountsHost,
  emptyPassword,
  newPackageSource,
  ossecRootkit,
  privilegedContainer,
  securityAgentRemoved,
]

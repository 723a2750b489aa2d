import { pack } from '../../src/detect/pack.ts'

/** Who can log in to a Linux host, and as what. */
export const linuxAccounts = pack({
  name: 'linux-accounts',
  description: 'Accounts that can be opened by a password',
  platform: 'linux',
  queries: {
    password_status: {
      // Without the times of change: each new password would be a new row, and says nothing.
      query: 'SELECT username, password_status FROM shadow;',
      interval: 3600,
      table: 'shadow',
      description: 'Which accounts have a password, are locked or open to all',
    },
  },
})

import { pack } from '../../src/detect/pack.ts'

/** What lies about to be taken, and what signatures have found. */
export const filesAtRisk = pack({
  name: 'files-at-risk',
  description: 'Keys without a passphrase, and matches of YARA',
  platform: 'posix',
  queries: {
    user_ssh_keys: {
      query:
        'SELECT u.username, k.uid, k.path, k.encrypted, k.key_type FROM users u CROSS JOIN user_ssh_keys k USING (uid);',
      interval: 86_400,
      removed: false,
      table: 'user_ssh_keys',
      description: 'Private keys of SSH in the homes',
    },
    yara_events: {
      query:
        'SELECT target_path, category, action, matches, count, strings, tags, time, eid FROM yara_events WHERE count > 0;',
      interval: 300,
      removed: false,
      table: 'yara_events',
      description:
        'Files that signatures know as they are written; needs signatures and watched paths in the section "yara" of the configuration',
    },
  },
})

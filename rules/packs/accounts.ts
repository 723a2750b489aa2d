import { pack } from '../../src/detect/pack.ts'

/** Who exists on a Linux host or a Mac, and who may become root. Small tables; what changes there is rare. */
export const accounts = pack({
  name: 'accounts',
  description: 'Accounts, groups and sudo',
  platform: 'posix',
  queries: {
    users: {
      // Without the description, which people change for themselves.
      query: 'SELECT uid, gid, username, directory, shell FROM users;',
      interval: 600,
      table: 'users',
      description: 'Accounts',
    },
    user_groups: {
      query:
        'SELECT ug.uid, ug.gid, u.username, g.groupname FROM user_groups ug JOIN users u ON u.uid = ug.uid JOIN groups g ON g.gid = ug.gid;',
      interval: 600,
      table: 'user_groups',
      description: 'Who belongs to which group',
    },
    sudoers: {
      query: 'SELECT source, header, rule_details FROM sudoers;',
      interval: 600,
      table: 'sudoers',
      description: 'Who may become whom with sudo',
    },
    suid_bin: {
      query: 'SELECT path, username, groupname, permissions FROM suid_bin;',
      interval: 3600,
      table: 'suid_bin',
      description: 'Programs that run as their owner, in the folders of programs and /tmp',
    },
    suid_elsewhere: {
      // Folders that the table leaves out and anyone may write to; homes to their first level, deeper is dear.
      query:
        "SELECT f.path, u.username, g.groupname, CASE WHEN substr(f.mode, 1, 1) IN ('2', '3') THEN 'G' WHEN substr(f.mode, 1, 1) IN ('4', '5') THEN 'S' ELSE 'SG' END AS permissions FROM file f LEFT JOIN users u ON u.uid = f.uid LEFT JOIN groups g ON g.gid = f.gid WHERE (f.path LIKE '/var/tmp/%%' OR f.path LIKE '/dev/shm/%%' OR f.path LIKE '/home/%/%' OR f.path LIKE '/Users/%/%') AND f.type = 'regular' AND substr(f.mode, 1, 1) IN ('2', '3', '4', '5', '6', '7');",
      interval: 3600,
      table: 'suid_bin',
      description: 'Programs that run as their owner, where no package puts one',
    },
  },
})

import { pack, type QueryDefinition } from '../../src/detect/pack.ts'
import { PACKAGE_DATABASES } from '../data/package-databases.ts'

/**
 * File integrity monitoring: what `file_events` tells of. Folders are watched, not files, because most programs write a new
 * file and move it over the old one; of large folders (/etc) the query then passes on only what matters.
 */

/** Of the files of /etc itself those that decide something; hosts write many others all day. */
const OF_ETC = [
  'anacrontab',
  'bash.bashrc',
  'bashrc',
  'crontab',
  'csh.cshrc',
  'environment',
  'group',
  'gshadow',
  'ld.so.preload',
  'master.passwd',
  'modules',
  'pam.conf',
  'passwd',
  'profile',
  'rc.local',
  'shadow',
  'sudoers',
  'zprofile',
  'zshenv',
  'zshrc',
]

/** Files of a home that shells run. Named one by one: a watch on the folder would tell of everything a person saves. */
const OF_HOMES = ['.bash_login', '.bash_profile', '.bashrc', '.profile', '.zprofile', '.zshenv', '.zshrc']

export const linuxFim = pack({
  name: 'linux-fim',
  description: 'Changes of files that decide who may log in and what starts by itself',
  platform: 'linux',
  flags: { enable_file_events: true },
  filePaths: {
    accounts: ['/etc/sudoers.d/%'],
    etc: ['/etc/%'],
    logs: ['/var/log/wtmp'],
    pam: ['/etc/pam.d/%', '/usr/lib/%/security/%', '/usr/lib/security/%', '/usr/lib64/security/%'],
    profiles: ['/etc/profile.d/%', '/etc/zsh/%', ...inHomes('/root', '/home/%')],
    ssh: ['/etc/ssh/%', '/etc/ssh/sshd_config.d/%', '/home/%/.ssh/%', '/root/.ssh/%'],
    startup: [
      '/etc/cron.d/%',
      '/etc/cron.daily/%',
      '/etc/cron.hourly/%',
      '/etc/cron.monthly/%',
      '/etc/cron.weekly/%',
      '/etc/init.d/%',
      '/etc/modules-load.d/%',
      '/etc/rc.d/%',
      '/etc/systemd/%%',
      '/etc/udev/rules.d/%',
      '/etc/update-motd.d/%',
      '/etc/xdg/autostart/%',
      '/usr/lib/systemd/system/%',
      '/usr/lib/udev/rules.d/%',
      '/var/spool/cron/%',
      '/var/spool/cron/crontabs/%',
    ],
  },
  queries: { file_events: fileEvents() },
})

export const macosFim = pack({
  name: 'macos-fim',
  description: 'Changes of files that decide who may log in and what shells run',
  platform: 'darwin',
  flags: { enable_file_events: true },
  filePaths: {
    accounts: ['/private/etc/sudoers.d/%'],
    etc: ['/private/etc/%'],
    pam: ['/private/etc/pam.d/%', '/usr/local/lib/pam/%'],
    profiles: inHomes('/private/var/root', '/Users/%'),
    ssh: [
      '/Users/%/.ssh/%',
      '/private/etc/ssh/%',
      '/private/etc/ssh/sshd_config.d/%',
      '/private/var/root/.ssh/%',
    ],
    startup: ['/private/var/at/tabs/%'],
  },
  queries: { file_events: fileEvents() },
})

/**
 * For hosts that carry the tag: to watch the folders of large sites takes an inotify watch for each, so the limit of the
 * host (fs.inotify.max_user_watches) may have to be raised.
 */
export const webServerFim = pack({
  name: 'web-server-fim',
  description: 'Scripts that appear where a web server runs them',
  platform: 'linux',
  tags: ['web-server'],
  flags: { enable_file_events: true },
  filePaths: {
    web: ['/opt/tomcat/webapps/%%', '/srv/http/%%', '/srv/www/%%', '/usr/share/nginx/html/%%', '/var/www/%%'],
  },
  queries: {
    web_scripts: {
      ...fileEvents(
        "category = 'web' AND (target_path LIKE '%.php%' OR target_path LIKE '%.ph%ml' OR target_path LIKE '%.phar' OR target_path LIKE '%.jsp%' OR target_path LIKE '%.as%x' OR target_path LIKE '%.war')",
      ),
      description: 'Scripts in the folders of web servers. Needs enable_file_events',
    },
  },
})

function inHomes(...homes: readonly string[]): readonly string[] {
  return homes.flatMap(home => OF_HOMES.map(name => `${home}/${name}`))
}

function fileEvents(filter?: string): QueryDefinition {
  const ofEtc = OF_ETC.flatMap(name => [`'/etc/${name}'`, `'/private/etc/${name}'`]).join(', ')
  const own = filter ?? `category <> 'web' AND (category <> 'etc' OR target_path IN (${ofEtc}))`
  // Asked once a run: whether what changed was the package manager's doing.
  const changed = `(SELECT max(mtime) FROM file WHERE path IN (${PACKAGE_DATABASES.paths.map(path => `'${path}'`).join(', ')}))`
  return {
    query: `SELECT target_path, category, action, uid, gid, mode, size, atime, mtime, ctime, sha256, time, ${changed} AS packages_changed FROM file_events WHERE action IN ('CREATED', 'UPDATED', 'MOVED_TO', 'DELETED') AND ${own};`,
    interval: 60,
    removed: false,
    table: 'file_events',
    description: 'Files written, moved or deleted. Needs enable_file_events',
  }
}

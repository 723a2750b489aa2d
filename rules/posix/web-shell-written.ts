import { isWritten } from '../../src/detect/reading/file-change.ts'
import { extension, isUnder, meantPath } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** What web servers run when it is asked for. */
const SCRIPTS = new Set([
  'ashx',
  'asmx',
  'aspx',
  'jsp',
  'jspx',
  'phar',
  'php',
  'php3',
  'php4',
  'php5',
  'php7',
  'phtml',
  'war',
])

const WEB_ROOTS = [
  '/var/www',
  '/srv/www',
  '/srv/http',
  '/usr/share/nginx/html',
  '/usr/local/apache2/htdocs',
  '/opt/tomcat/webapps',
  '/Library/WebServer/Documents',
] as const
const WEB_ROOT_BY_VERSION =
  /^\/(?:var\/lib|usr\/share|opt)\/tomcat[0-9.-]{0,8}\/webapps\/|^\/home\/[^/]+\/public_html\//

/** Accounts of web servers: www-data on Debian, apache on Red Hat, nginx and http on others. */
const WEB_UIDS = new Set(['33', '48', '80', '98', '101'])

/** Where sites keep what visitors send: no script belongs there. */
const UPLOADS = /\/(?:uploads?|files|images?|img|media|avatars?|attachments|pictures|photos)\//i
/** Where frameworks write scripts of their own all day: compiled templates, caches, updates on their way. */
const GENERATED =
  /\/(?:cache|caches|storage\/framework|templates_c|compiled|var\/generation|generated|tmp|temp|upgrade|upgrade-temp-backup|sessions?)\//i

export default rule({
  id: 'posix.web-shell-written',
  title: 'A web server wrote a script that it will run',
  severity: 'medium',
  on: table('file_events'),
  attack: ['T1505.003'],
  detect: ({ columns }) => {
    const path = meantPath(columns.target_path)
    const isScript = SCRIPTS.has(extension(path)) && isWebRoot(path)
    // A deployment writes as somebody else, and not among what visitors send.
    return isScript && isWritten(columns) && (UPLOADS.test(path) || WEB_UIDS.has(columns.uid))
  },
  exclude: ({ columns }) => GENERATED.test(columns.target_path) && !UPLOADS.test(columns.target_path),
  dynamicSeverity: ({ columns }) => (UPLOADS.test(columns.target_path) ? 'high' : undefined),
  alertTitle: ({ host, columns }) => `Script ${columns.target_path} was written on ${host}`,
  context: ({ columns }) => ({
    path: columns.target_path,
    action: columns.action,
    owner_uid: columns.uid,
    size: columns.size,
    sha256: columns.sha256,
    time: columns.time,
  }),
  means:
    'A file that the web server itself put down, and that it runs when somebody asks for it, is how most break-ins of web servers go on: one upload, then any command by one request. Among what visitors send, a script is never innocent.',
  check:
    "SELECT path, uid, size, mtime, ctime, sha256 FROM file JOIN hash USING (path) WHERE path LIKE '/var/www/%%' AND path LIKE '%.php' AND mtime > (SELECT unix_time - 86400 FROM time);",
  benign:
    'Content management systems that update themselves as the account of the web server (WordPress, Nextcloud), plug-ins that an editor installs.',
  runbook:
    'Read the file: eval, base64_decode, system, shell_exec, passthru, $_POST as code. Find the requests to it in the log of the web server, with addresses. If it is a shell: isolate the host, keep the file and the log, look for children of the web server (processes) and for more such files, then close the hole it came by.',
  references: ['https://attack.mitre.org/techniques/T1505/003/'],
  tests: [
    {
      name: 'among pictures',
      match: true,
      columns: {
        target_path: '/var/www/html/wp-content/uploads/2023/11/a.php',
        action: 'CREATED',
        uid: '33',
        size: '73',
        sha256: 'ab',
        time: '1700000000',
      },
      title: 'Script /var/www/html/wp-content/uploads/2023/11/a.php was written on test-host',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        path: '/var/www/html/wp-content/uploads/2023/11/a.php',
        action: 'CREATED',
        owner_uid: '33',
        size: '73',
        sha256: 'ab',
        time: '1700000000',
      },
    },
    {
      name: 'by the web server itself',
      match: true,
      severity: 'medium',
      columns: { target_path: '/var/www/html/x.phtml', action: 'UPDATED', uid: '48' },
    },
    {
      name: 'a whole application',
      match: true,
      columns: { target_path: '/var/lib/tomcat9/webapps/upload/files/a.war', action: 'MOVED_TO', uid: '112' },
    },
    {
      name: 'in the cache of what visitors send',
      match: true,
      columns: { target_path: '/var/www/app/uploads/cache/a.php', action: 'CREATED', uid: '33' },
    },
    {
      name: 'a deployment',
      match: false,
      columns: { target_path: '/var/www/html/index.php', action: 'MOVED_TO', uid: '0' },
    },
    {
      name: 'a compiled template',
      match: false,
      columns: { target_path: '/var/www/app/storage/framework/views/a1.php', action: 'CREATED', uid: '33' },
    },
    {
      name: 'an update on its way',
      match: false,
      columns: { target_path: '/var/www/html/wp-content/upgrade/x/a.php', action: 'CREATED', uid: '33' },
    },
    {
      name: 'a picture',
      match: false,
      columns: { target_path: '/var/www/html/uploads/a.php.jpg', action: 'CREATED', uid: '33' },
    },
    {
      name: 'source of a person',
      match: false,
      columns: { target_path: '/home/ada/src/uploads/a.php', action: 'CREATED', uid: '33' },
    },
    {
      name: 'it is deleted',
      match: false,
      columns: { target_path: '/var/www/html/uploads/a.php', action: 'DELETED', uid: '33' },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: { target_path: '/var/www/html/uploads/a.php', action: 'CREATED', uid: '33' },
    },
  ],
})

function isWebRoot(path: string): boolean {
  return isUnder(path, ...WEB_ROOTS) || WEB_ROOT_BY_VERSION.test(path)
}

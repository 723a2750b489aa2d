import { isHiddenPath, isUnder, isWorldWritablePlace, meantPath } from '../../src/detect/reading/paths.ts'
import { isProgramStart } from '../../src/detect/reading/program-start.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Folders in which tools build programs and try them: part of a path below the temporary folder. */
const BUILDS = [
  '/go-build',
  '/nix-build-',
  '/cargo-install',
  '/pip-',
  '/PKInstallSandbox.',
  '/homebrew-',
] as const

export default rule({
  id: 'macos.unsigned-program-from-drop-folder',
  title: 'Unsigned program runs from a folder for temporary files',
  severity: 'medium',
  on: table('es_process_events'),
  attack: ['T1204.002', 'T1036.005'],
  means:
    'A program that no registered developer signed was started from a folder where downloads and droppers unpack. Software for macOS that is meant to be trusted is signed by a team, wherever it lies.',
  check:
    "SELECT p.pid, p.parent, p.path, p.cmdline, p.cwd, p.on_disk, s.signed, s.authority, h.sha256 FROM processes p LEFT JOIN signature s ON s.path = p.path LEFT JOIN hash h ON h.path = p.path WHERE p.path LIKE '/private/tmp/%' OR p.path LIKE '/private/var/folders/%' OR p.path LIKE '/Users/Shared/%';",
  benign:
    'Developers who compile and try something in /tmp. Build folders of go, nix, cargo and Homebrew and the sandbox of installers are left out.',
  detect: ({ columns }) => {
    const { event_type, path, platform_binary, team_id } = columns
    return (
      isProgramStart({ event_type }) &&
      platform_binary === '0' &&
      // A query that did not ask for the team can't tell.
      Object.hasOwn(columns, 'team_id') &&
      team_id === '' &&
      (isWorldWritablePlace(path) || isUnder(path, '/var/folders')) &&
      !isBuild(path)
    )
  },
  // Not even the mark that every compiler makes for Apple chips, or hidden: no build leaves that.
  dynamicSeverity: ({ columns }) =>
    columns.signing_id === '' || isHiddenPath(columns.path) ? 'high' : undefined,
  alertTitle: ({ host, columns }) => `Unsigned program from a temporary folder on ${host}: ${columns.path}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.username}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    program: columns.path,
    command: columns.cmdline,
    user: columns.username,
    pid: columns.pid,
    parent: columns.parent,
    folder: columns.cwd,
    signedAs: columns.signing_id,
    cdhash: columns.cdhash,
    time: columns.time,
  }),
  runbook:
    'Copy the program before it is gone and look its hash up. What started it (parent), and where did it come from? If its user did not build it: isolate the Mac, look for new launch items and for what it sent, and change the user’s passwords.',
  references: ['https://attack.mitre.org/techniques/T1204/002/'],
  tests: [
    {
      name: 'signed by nobody',
      match: true,
      columns: {
        event_type: 'exec',
        path: '/private/tmp/update',
        cmdline: '/private/tmp/update',
        username: 'ada',
        platform_binary: '0',
        signing_id: '',
        team_id: '',
        cdhash: 'ab12',
        pid: '7',
        parent: '6',
        cwd: '/',
        time: '1700000000',
      },
      title: 'Unsigned program from a temporary folder on test-host: /private/tmp/update',
      dedup: 'test-host-id ada',
      severity: 'high',
      context: {
        program: '/private/tmp/update',
        command: '/private/tmp/update',
        user: 'ada',
        pid: '7',
        parent: '6',
        folder: '/',
        signedAs: '',
        cdhash: 'ab12',
        time: '1700000000',
      },
    },
    {
      name: 'with the mark of a compiler only',
      match: true,
      columns: { path: '/Users/Shared/agent', platform_binary: '0', signing_id: 'a.out', team_id: '' },
      severity: 'medium',
    },
    {
      name: 'hidden, with the mark of a compiler',
      match: true,
      columns: { path: '/private/tmp/.x/agent', platform_binary: '0', signing_id: 'a.out', team_id: '' },
      severity: 'high',
    },
    {
      name: 'in the temporary folder of the user',
      match: true,
      columns: {
        path: '/private/var/folders/ab/cd/T/agent',
        platform_binary: '0',
        signing_id: 'agent',
        team_id: '',
      },
      severity: 'medium',
    },
    {
      name: 'an installer of a known developer',
      match: false,
      columns: {
        path: '/private/var/folders/ab/cd/T/update.app/Contents/MacOS/update',
        platform_binary: '0',
        signing_id: 'com.example.update',
        team_id: 'ABCDE12345',
      },
    },
    {
      name: 'part of macOS',
      match: false,
      columns: {
        path: '/private/var/folders/ab/cd/T/helper',
        platform_binary: '1',
        signing_id: 'com.apple.x',
        team_id: '',
      },
    },
    {
      name: 'a test of Go',
      match: false,
      columns: {
        path: '/private/var/folders/ab/cd/T/go-build12/b001/exe/main',
        platform_binary: '0',
        signing_id: 'a.out',
        team_id: '',
      },
    },
    {
      name: 'a build of nix',
      match: false,
      columns: { path: '/private/tmp/nix-build-x.drv-0/conftest', platform_binary: '0', team_id: '' },
    },
    {
      name: 'a program of the user’s own',
      match: false,
      columns: { path: '/Users/ada/bin/tool', platform_binary: '0', signing_id: 'tool', team_id: '' },
    },
    {
      name: 'a query that did not ask who signed it',
      match: false,
      columns: { path: '/private/tmp/update', platform_binary: '0' },
    },
    {
      name: 'it ends',
      match: false,
      columns: { event_type: 'exit', path: '/private/tmp/update', platform_binary: '0', team_id: '' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { path: '/private/tmp/update', platform_binary: '0', team_id: '' },
    },
  ],
})

function isBuild(path: string): boolean {
  const meant = meantPath(path)
  return BUILDS.some(part => meant.includes(part)) && !isHiddenPath(path)
}

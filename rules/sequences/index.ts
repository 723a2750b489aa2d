import type { Sequence } from '../../src/detect/sequence.ts'
import windowsAccountForADay from './windows-account-for-a-day.ts'
import windowsGuessedPassword from './windows-guessed-password.ts'

/** Pairs of matches that mean more than each of them. */
export const sequences: readonly Sequence[] = [windowsAccountForADay, windowsGuessedPassword]

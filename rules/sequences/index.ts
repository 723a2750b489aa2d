import type { Sequence } from '../../src/detect/sequence.ts'
import loginAfterGuessing from './login-after-guessing.ts'
import moduleComesAndGoes from './module-comes-and-goes.ts'
import windowsAccountForADay from './windows-account-for-a-day.ts'
import windowsGuessedPassword from './windows-guessed-password.ts'

/** Pairs of matches that mean more than each of them. */
export const sequences: readonly Sequence[] = [
  loginAfterGuessing,
  moduleComesAndGoes,
  windowsAccountForADay,
  windowsGuessedPassword,
]

import { type ClassGuess, guessOfHardware, guessOfRow } from '../../src/staleness/class-guess.ts'
import type { FleetHost } from './fleet.ts'

/** What a host says of itself when it enrolls, or by a row of the pack `host-kind`, lets guess of its class. */
export function guessOf({ kind, knownBy, hardware }: FleetHost): ClassGuess | null {
  if (kind === 'ephemeral' && knownBy === 'facts')
    return guessOfRow('ec2_group', { key: 'aws:autoscaling:groupName', value: 'batch' })
  if (kind === 'ephemeral') return null
  const [hardware_vendor, hardware_model, hardware_version] = hardware
  return guessOfHardware({ hardware_vendor, hardware_model, hardware_version })
}

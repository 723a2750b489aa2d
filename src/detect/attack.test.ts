import { describe, expect, it } from 'vitest'
import { attackUrl, TACTICS, tacticsOf } from './attack.ts'

describe('tacticsOf', () => {
  it('knows techniques and their sub-techniques', () => {
    expect(tacticsOf('T1053')).toEqual(['execution', 'persistence', 'privilege-escalation'])
    expect(tacticsOf('T1053.003')).toEqual(['execution', 'persistence', 'privilege-escalation'])
    expect(tacticsOf('T1496')).toEqual(['impact'])
  })

  it.each(['T1053.001', 'T1086', 'T9999', 'T1053.', '', 'constructor'])('knows nothing of %j', id => {
    // T1053.001 and T1086 were revoked.
    expect(tacticsOf(id)).toBeNull()
  })

  it('keeps the order of the matrix', () => {
    expect(TACTICS.at(0)).toBe('reconnaissance')
    expect(TACTICS.at(-1)).toBe('impact')
  })
})

describe('attackUrl', () => {
  it('leads to the page of a technique and of a sub-technique', () => {
    expect(attackUrl('T1053')).toBe('https://attack.mitre.org/techniques/T1053/')
    expect(attackUrl('T1053.003')).toBe('https://attack.mitre.org/techniques/T1053/003/')
  })
})

import { describe, expect, it } from 'vitest'
import { packNames } from './names.ts'

const split = packNames(['margay', 'incident', 'my-pack'])

describe('packNames', () => {
  const cases: readonly (readonly [name: string, pack: string, query: string])[] = [
    ['pack_incident-response_processes', 'incident-response', 'processes'],
    ['pack/incident-response/listening_ports', 'incident-response', 'listening_ports'],
    ['pack:incident-response:alf', 'incident-response', 'alf'],
    ['pack_my-pack_a_b_c', 'my-pack', 'a_b_c'],
    ['pack_margay_heartbeat', 'margay', 'heartbeat'],
    ['pack_ossec-rootkit_sadmind/iis_worm', 'ossec-rootkit', 'sadmind/iis_worm'],
    ['pack_ossec-rootkit_mithra`s_rootkit', 'ossec-rootkit', 'mithra`s_rootkit'],
    ['pack/ossec-rootkit/showtee_/_romanian_rootkit', 'ossec-rootkit', 'showtee_/_romanian_rootkit'],
    ['pack_unwanted-chrome-extensions_Nano Defender ', 'unwanted-chrome-extensions', 'Nano Defender '],
    ['pack/Global/All USB devices', 'Global', 'All USB devices'],
    ['pack_Global_query_with_underscores', 'Global', 'query_with_underscores'],
    ['pack/team-12/Foobar', 'team-12', 'Foobar'],
    ['packFOOBARGlobalFOOBARQuery_50', 'Global', 'Query_50'],
    ['packFOOBARincident-responseFOOBARalf', 'incident-response', 'alf'],
    ['pack/web/7/ports/12/3', 'web', 'ports'],
    ['pack/web/7/ports/12/3/routing-key', 'web', 'ports'],
    ['osctrl:posture:users', 'posture', 'users'],
    ['pack_sample_running_processes', 'sample', 'running_processes'],
    ['pack_osquery-custom-pack_processes', 'osquery-custom-pack', 'processes'],
    ['pack/Some Pack Name/query', 'Some Pack Name', 'query'],
  ]
  for (const [name, pack, query] of cases) {
    it(`takes "${name}" apart`, () => {
      expect(split(name)).toEqual({ pack, query })
    })
  }

  it('prefers the longest pack of which the name can be', () => {
    const names = packNames(['incident', 'incident_response'])
    expect(names('pack_incident_response_alf')).toEqual({ pack: 'incident_response', query: 'alf' })
    expect(names('pack_incident_alf')).toEqual({ pack: 'incident', query: 'alf' })
  })

  it('leaves a name whole when it names no pack or can not be told apart', () => {
    const names = [
      '',
      'processes',
      'com.foo.bar',
      'pack',
      'pack_',
      'pack_test',
      'pack__',
      'pack/team-',
      'packages',
    ]
    for (const name of names) expect(split(name), name).toEqual({ pack: '', query: name })
  })
})

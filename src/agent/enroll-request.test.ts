import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEnrollRequest } from './enroll-request.ts'
import { hostIdOf } from './host-identity.ts'

const parse = (body: unknown) => parseEnrollRequest(new TextEncoder().encode(JSON.stringify(body)))

describe('an enroll request', () => {
  it.each([
    ['9', 'linux'],
    ['21', 'darwin'],
    ['2', 'windows'],
    [37, 'freebsd'],
    ['Darwin', 'darwin'],
    ['', ''],
    ['0', ''],
    [null, ''],
    [{}, ''],
  ])('with platform type %j is of %j', (platform_type, platform) => {
    expect(parse({ enroll_secret: 's', platform_type })?.claims.platform).toBe(platform)
  })

  it('may say nothing but its secret', () => {
    expect(parse({ enroll_secret: 's' })?.claims).toMatchObject({
      hostIdentifier: '',
      instanceId: '',
      details: '{}',
    })
  })

  it('has texts cut, without NUL and well-formed', () => {
    const claims = parse({ enroll_secret: 's', host_identifier: `a\0b\ud800${'x'.repeat(1000)}` })?.claims
    expect(claims?.hostIdentifier).toHaveLength(256)
    expect(claims?.hostIdentifier.startsWith('ab\ufffdx')).toBe(true)
  })

  it('keeps details as they came, unless they are very large', () => {
    const details = JSON.parse('{"os_version":{"__proto__":"x","name":"n"},"odd":[1]}')
    expect(parse({ enroll_secret: 's', host_details: details })?.claims.details).toBe(JSON.stringify(details))
    const large = { system_info: { hostname: 'h', filler: 'x'.repeat(20_000) } }
    expect(parse({ enroll_secret: 's', host_details: large })?.claims).toMatchObject({
      details: '{}',
      hostname: 'h',
    })
  })

  it('may nest its details deeper than they can be written again; they are not kept then', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000)
    const text = `{"enroll_secret":"s","host_identifier":"h","host_details":{"system_info":${deep}}}`
    expect(parseEnrollRequest(new TextEncoder().encode(text))?.claims).toMatchObject({
      hostIdentifier: 'h',
      details: '{}',
    })
  })

  it('never throws, whatever is sent', () => {
    const value = fc.jsonValue()
    fc.assert(
      fc.property(
        fc.record(
          {
            enroll_secret: fc.oneof(fc.string(), value),
            host_identifier: value,
            platform_type: value,
            host_details: fc.oneof(
              value,
              fc.record({ os_version: value, osquery_info: value, system_info: value }),
            ),
          },
          { requiredKeys: [] },
        ),
        body => {
          const parsed = parse(body)
          expect(parsed === null).toBe(typeof body.enroll_secret !== 'string')
          for (const claim of Object.values(parsed?.claims ?? {})) expect(typeof claim).toBe('string')
        },
      ),
    )
    expect(parseEnrollRequest(Uint8Array.of(0xff, 0xfe))).toBeNull()
    expect(parseEnrollRequest(new TextEncoder().encode('['.repeat(70_000)))).toBeNull()
  })
})

describe('a host id', () => {
  const claims = { instanceId: '', hostIdentifier: 'h', hardwareUuid: 'u', hardwareSerial: 's' }

  it('is the same for the same claims and fits a node key', () => {
    expect(hostIdOf(claims)).toBe(hostIdOf({ ...claims }))
    expect(hostIdOf(claims)).toMatch(/^[0-9a-f]{24}$/)
  })

  it('goes by the instance alone when there is one', () => {
    const instance = { ...claims, instanceId: 'i' }
    expect(hostIdOf({ ...instance, hostIdentifier: 'renamed', hardwareUuid: '' })).toBe(hostIdOf(instance))
    expect(hostIdOf({ ...instance, instanceId: 'j' })).not.toBe(hostIdOf(instance))
  })

  it('does not run claims together', () => {
    expect(hostIdOf({ ...claims, hostIdentifier: 'hu', hardwareUuid: '' })).not.toBe(
      hostIdOf({ ...claims, hostIdentifier: 'h', hardwareUuid: 'u', hardwareSerial: '' }),
    )
  })

  it('is not made of nothing', () => {
    expect(hostIdOf({ instanceId: '', hostIdentifier: '', hardwareUuid: '', hardwareSerial: '' })).toBeNull()
  })
})

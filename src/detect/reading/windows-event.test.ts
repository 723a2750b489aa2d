import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventFields, isEvent, isLocalAccount } from './windows-event.ts'

describe('the fields of a Windows event', () => {
  it('are those under EventData', () => {
    const fields = eventFields('{"EventData":{"TargetUserName":"ada","LogonType":"10"}}')
    expect({ ...fields }).toEqual({ TargetUserName: 'ada', LogonType: '10' })
    expect(fields['IpAddress']).toBeUndefined()
  })

  it('are those under a template of UserData', () => {
    const fields = eventFields('{"UserData":{"LogFileCleared":{"SubjectUserName":"ada","Channel":"System"}}}')
    expect({ ...fields }).toEqual({ SubjectUserName: 'ada', Channel: 'System' })
  })

  it('are numbered when they have no names', () => {
    expect({ ...eventFields('{"EventData":["a","b"]}') }).toEqual({ 0: 'a', 1: 'b' })
  })

  it('survive the line break that older agents leave at the end', () => {
    for (const end of ['\\x0A', '\n', '\\x0D\\x0A', '\r\n'])
      expect(eventFields(`{"EventData":{"A":"1"}}${end}`)['A']).toBe('1')
  })

  it('keep the first of two with one name, and values that are no text', () => {
    expect({ ...eventFields('{"EventData":{"A":1,"B":null,"X":{"A":"2"}}}') }).toEqual({ A: '1', B: '' })
  })

  it('may have any name', () => {
    expect(Object.keys(eventFields('{"EventData":{"__proto__":"x"}}'))).toEqual(['__proto__'])
    expect(eventFields('{"EventData":{}}')['constructor']).toBeUndefined()
  })

  it('are none when the text is cut off or something else', () => {
    for (const text of [
      '',
      '{"EventData":{"A":"1"',
      'null',
      '"x"',
      '[]',
      '{]',
      'not json',
      '{"A":"1"}}\\x0A',
    ])
      expect({ ...eventFields(text) }).toEqual({})
  })

  it('are bounded, however deep or many', () => {
    const deep = `${'{"A":'.repeat(70_000)}1${'}'.repeat(70_000)}`
    expect(Object.keys(eventFields(deep)).length).toBeLessThanOrEqual(500)
    const many = JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`f${i}`, 'x'])))
    expect(Object.keys(eventFields(many)).length).toBe(500)
    expect(eventFields(JSON.stringify({ A: 'x'.repeat(1e6) }))['A']?.length).toBe(65_536)
  })

  it('never throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map(json => `{"EventData":${json}}`),
        ),
        text => {
          for (const value of Object.values(eventFields(text))) expect(typeof value).toBe('string')
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('which event it is', () => {
  it('is told by channel and number', () => {
    expect(isEvent({ source: 'Security', eventid: '4720' }, 'Security', 4720, 4732)).toBe(true)
    expect(isEvent({ source: 'security', eventid: '4720' }, 'Security', 4720)).toBe(true)
    expect(isEvent({ source: 'Application', eventid: '4720' }, 'Security', 4720)).toBe(false)
    expect(isEvent({ source: 'Security', eventid: '4721' }, 'Security', 4720)).toBe(false)
  })
})

describe('an account', () => {
  const about = (computer_name: string, domain: string) =>
    isLocalAccount({ computer_name, data: JSON.stringify({ EventData: { TargetDomainName: domain } }) })

  it('is of the machine when its domain is the name of the machine', () => {
    expect(about('WS01.example.com', 'ws01')).toBe(true)
    expect(about('accounting-laptop-7.example.com', 'ACCOUNTING-LAPT')).toBe(true)
    expect(about('WS01.example.com', 'EXAMPLE')).toBe(false)
    expect(about('', '')).toBe(false)
  })
})

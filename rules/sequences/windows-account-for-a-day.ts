import { sequence } from '../../src/detect/sequence.ts'
import accountCreated from '../windows/account-created.ts'
import accountDeleted from '../windows/account-deleted.ts'

export default sequence({
  id: 'windows.account-for-a-day',
  title: 'Local account made and deleted within a day',
  severity: 'high',
  first: accountCreated,
  next: accountDeleted,
  within: '24h',
  attack: ['T1136.001', 'T1070'],
  means:
    'An account of this machine was made and deleted again within a day. Whoever does that needed it once and does not want it found.',
  check:
    "SELECT datetime, eventid, data FROM windows_eventlog WHERE channel = 'Security' AND eventid IN (4720, 4722, 4624, 4726, 4732) ORDER BY datetime DESC LIMIT 50;",
  benign: 'Someone who tests a set-up, installers that make an account for as long as they run.',
  runbook:
    'What did the account do in between: logons (4624), groups (4732), services and tasks? Ask who made it, by another way than their account. Nobody: isolate the host and look for what it left.',
  references: [
    'https://attack.mitre.org/techniques/T1136/001/',
    'https://attack.mitre.org/techniques/T1070/',
  ],
  alertTitle: ({ host, firsts, event }) =>
    `${firsts[0]?.title ?? `An account was made on ${host}`}, and deleted ${event.p_event_time - (firsts[0]?.at ?? event.p_event_time) < HOUR_MS ? 'within the hour' : 'within a day'}`,
  tests: [
    {
      name: 'made and deleted',
      match: true,
      steps: [
        { of: 'first', at: 0, columns: row('4720', '1009') },
        { of: 'next', at: 600, columns: row('4726', '1009') },
      ],
      title: 'Account support created on test-host by ada, and deleted within the hour',
    },
    {
      name: 'made and deleted the same day',
      match: true,
      steps: [
        { of: 'first', at: 0, columns: row('4720', '1009') },
        { of: 'next', at: 80_000, columns: row('4726', '1009') },
      ],
      title: 'Account support created on test-host by ada, and deleted within a day',
    },
    {
      name: 'two accounts',
      match: false,
      steps: [
        { of: 'first', at: 0, columns: row('4720', '1009') },
        { of: 'next', at: 600, columns: row('4726', '1010') },
      ],
    },
    {
      name: 'deleted after two days',
      match: false,
      steps: [
        { of: 'first', at: 0, columns: row('4720', '1009') },
        { of: 'next', at: 172_800, columns: row('4726', '1009') },
      ],
    },
    {
      name: 'an old account deleted, then one made',
      match: false,
      steps: [
        { of: 'next', at: 0, columns: row('4726', '1009') },
        { of: 'first', at: 600, columns: row('4720', '1009') },
      ],
    },
  ],
})

const HOUR_MS = 3_600_000

function row(eventid: string, rid: string) {
  const fields = {
    TargetUserName: 'support',
    TargetDomainName: 'WS01',
    TargetSid: `S-1-5-21-1-2-3-${rid}`,
    SubjectUserName: 'ada',
  }
  return {
    source: 'Security',
    eventid,
    computer_name: 'WS01.example.com',
    data: JSON.stringify({ EventData: fields }),
  }
}

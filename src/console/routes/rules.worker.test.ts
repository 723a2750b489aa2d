import { describe, expect, it } from 'vitest'
import { testConsole } from '../../../test/console.ts'

describe('GET /rules', () => {
  it('shows the registry', async () => {
    expect((await testConsole().get('/rules')).body).toEqual({
      items: [
        {
          id: 'posix.test-rule',
          title: 'A rule of the tests',
          severity: 'high',
          enabled: true,
          alert: true,
          on: { kind: 'table', names: ['crontab'] },
          actions: ['added'],
          attack: ['T1053.003'],
          replaces: ['Other.Rule'],
          threshold: 1,
          dedup_minutes: 60,
          tests: 2,
          runbook: 'Look who was here.',
          exceptions: [
            {
              host: 'build-*',
              tag: null,
              columns: {},
              reason: 'It builds there.',
              expires: '2026-01-01',
              author: 'ada@example.com',
              expired: true,
            },
            {
              host: null,
              tag: 'ci',
              columns: { path: '/etc/crontab' },
              reason: 'It builds there.',
              expires: '2100-01-01',
              author: '',
              expired: false,
            },
          ],
        },
      ],
      next_cursor: null,
    })
  })
})

describe('GET /openapi.json', () => {
  it('describes the API, itself included', async () => {
    const { body } = await testConsole().get('/openapi.json')
    expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'margay API', version: '1.2.3' } })
    expect(Object.keys(body.paths)).toContain('/openapi.json')
    expect(Object.keys(body.paths)).toContain('/alerts/{id}/acknowledge')
  })
})

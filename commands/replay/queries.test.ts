import { describe, expect, it } from 'vitest'
import { readQueries } from './queries.ts'

describe('readQueries', () => {
  it('names the table of each query of the schedule and the packs', () => {
    const packs = readQueries(`{
      # a comment, as osquery allows it
      // another
      "options": {"logger_plugin": "tls"},
      "schedule": {
        "jobs": {"query": "SELECT * FROM \\
crontab;", "interval": 60},
        "made up": {"query": "select 1", "interval": "60"}
      },
      "packs": {
        "mine": {"queries": {
          "history": {"query": "SELECT * FROM users JOIN shell_history USING (uid)"},
          "who": {"query": "select * from users"},
          "ports": {"query": "select p.name from processes p, listening_ports l"}
        }},
        "by-path": "/etc/osquery/pack.conf"
      }
    }`)
    const tables = packs.map(({ name, queries }) => [
      name,
      Object.fromEntries(Object.entries(queries).map(([query, { table }]) => [query, table])),
    ])
    expect(tables).toEqual([
      ['', { jobs: 'crontab', 'made up': undefined }],
      ['mine', { history: 'shell_history', who: 'users', ports: 'listening_ports' }],
    ])
  })

  it('throws on what is no configuration', () => {
    expect(() => readQueries('{"schedule": []}')).toThrow()
    expect(() => readQueries('nothing')).toThrow()
  })
})

import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FileRecord, readRecords } from './read-records.ts'

async function read(content: string | Uint8Array, chunkSize = 1 << 16): Promise<readonly FileRecord[]> {
  const bytes = Buffer.from(content)
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
  }
  return Array.fromAsync(readRecords(chunks()))
}

/** Line and value of what was read, reasons for what was not. */
function short(found: readonly FileRecord[]) {
  return found.map(one => [one.line, one.kind === 'record' ? one.value : one.reason])
}

const line = (n: number) => `{"name":"q","columns":{"n":"${n}"},"action":"added"}`
const value = (n: number) => ({ name: 'q', columns: { n: `${n}` }, action: 'added' })

describe('readRecords', () => {
  it('reads a record a line, whatever ends the lines', async () => {
    const expected = [
      [1, value(1)],
      [3, value(2)],
    ]
    expect(short(await read(`${line(1)}\n\n${line(2)}\n`))).toEqual(expected)
    expect(short(await read(`${line(1)}\r\n\r\n${line(2)}`))).toEqual(expected)
  })

  it('keeps the other lines when one is not JSON, also when it is the first', async () => {
    expect(short(await read(`${line(1)}\n{"name":"q","colu\n${line(2)}\n`))).toEqual([
      [1, value(1)],
      [2, 'not_json'],
      [3, value(2)],
    ])
    expect(short(await read(`umns":{}}\n${line(2)}\n`))).toEqual([
      [1, 'not_json'],
      [2, value(2)],
    ])
  })

  it('reads TLS bodies, a body a line', async () => {
    const body = (...records: readonly string[]) =>
      `{"node_key":"k","log_type":"result","data":[${records.join(',')}]}`
    expect(short(await read(`${body(line(1), line(2))}\n${body()}\n${body(line(3))}`))).toEqual([
      [1, value(1)],
      [1, value(2)],
      [3, value(3)],
    ])
  })

  it('does not take a log line for a body because it has a member called data', async () => {
    const odd = '{"name":"q","columns":{},"data":"x"}'
    expect(short(await read(odd))).toEqual([[1, JSON.parse(odd)]])
  })

  it('rejects bodies without data', async () => {
    expect(short(await read('{"node_key":"k","data":null}\n{"node_key":"k","data":7}'))).toMatchObject([
      [1, 'no_data'],
      [2, 'no_data'],
    ])
  })

  it('reads one JSON text over many lines: a body, an array, a record', async () => {
    const records = [value(1), value(2)]
    for (const whole of [{ node_key: 'k', data: records }, records]) {
      expect(short(await read(`\n${JSON.stringify(whole, null, 2)}\n`))).toEqual([
        [1, value(1)],
        [1, value(2)],
      ])
    }
    expect(short(await read(JSON.stringify(value(1), null, 2)))).toEqual([[1, value(1)]])
  })

  it('reads gzip', async () => {
    expect(short(await read(gzipSync(`${line(1)}\n${line(2)}\n`)))).toHaveLength(2)
    await expect(read(gzipSync(line(1)).subarray(0, 20))).rejects.toThrow()
  })

  it('finds nothing in nothing', async () => {
    expect(await read('')).toEqual([])
    expect(await read('\n \n\t\n')).toEqual([])
  })

  it('keeps every digit and repairs text as the pipeline does', async () => {
    const [first, second] = await read(
      '{"name":"q","numerics":true,"columns":{"n":18446744073709551615}}\n{"name":"q","columns":{"n":"a\\u0000b"}}',
    )
    expect(first).toMatchObject({ value: { columns: { n: '18446744073709551615' } } })
    expect(second).toMatchObject({ value: { columns: { n: 'ab' } }, repaired: true })
  })

  it('reads the same however the bytes are divided, and never throws on bytes that are not gzip', async () => {
    const piece = fc.constantFrom(
      line(1),
      '{',
      '[',
      '"',
      '\n',
      '\r\n',
      '{"data":[]}',
      '{"data":',
      '\\',
      '\ufffd',
      ' ',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (pieces, size) => {
          const content = pieces.join('')
          expect(await read(content, size)).toEqual(await read(content))
        },
      ),
      { numRuns: 60 },
    )
  })
})

import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseSettings } from '../../src/settings.ts'
import { localCertificate } from './certificate.ts'
import { ensureDevVars, localSecrets, parseVars, varsFile } from './dev-vars.ts'
import { osqueryFlags } from './osquery-flags.ts'
import { isPortFree } from './wrangler.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'margay-test-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('.dev.vars', () => {
  it('is made with secrets that the Worker takes, for its owner alone', () => {
    const path = join(directory, '.dev.vars')
    expect(ensureDevVars(path)).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const vars = Object.fromEntries(parseVars(readFileSync(path, 'utf8')))
    // Bindings are not read by parseSettings.
    const settings = parseSettings(vars as unknown as Parameters<typeof parseSettings>[0])
    expect(settings.problems).toEqual([])
    expect(localSecrets(path)).toEqual({
      enrollSecret: settings.enrollSecrets[0]?.secret,
      adminToken: settings.adminToken,
    })
  })

  it('is left alone when it is there', () => {
    const path = join(directory, '.dev.vars')
    ensureDevVars(path)
    const before = readFileSync(path, 'utf8')
    expect(ensureDevVars(path)).toBe(false)
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  it('has new secrets in every place', () => {
    const paths = ['a', 'b'].map(name => join(directory, name))
    for (const path of paths) ensureDevVars(path)
    const [one, other] = paths.map(localSecrets)
    expect(one?.adminToken).not.toBe(other?.adminToken)
  })

  it('reads values with and without quotes and skips the rest', () => {
    const text = '# NO="1"\nA="x y"\nB=\'z\'\n  C = plain \nnot a line\n'
    expect(Object.fromEntries(parseVars(text))).toEqual({ A: 'x y', B: 'z', C: 'plain' })
    expect(Object.fromEntries(parseVars(varsFile({ A: 'label:se cret' })))).toEqual({ A: 'label:se cret' })
  })
})

describe('the local certificate', () => {
  const NOW = Date.UTC(2026, 10, 24)

  it('names this machine, may sign itself, and its key is for its owner alone', async () => {
    const { certificatePath, keyPath } = await localCertificate(directory, NOW)
    const certificate = new X509Certificate(readFileSync(certificatePath))
    expect(certificate.checkHost('localhost')).toBe('localhost')
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(statSync(keyPath).mode & 0o777).toBe(0o600)
  })

  it('is kept until it is about to expire', async () => {
    const read = async (now: number) =>
      readFileSync((await localCertificate(directory, now)).certificatePath, 'utf8')
    const first = await read(NOW)
    expect(await read(NOW + 300 * 86_400_000)).toBe(first)
    expect(await read(NOW + 365 * 86_400_000)).not.toBe(first)
  })
})

describe('the flags for osqueryd', () => {
  it('name the certificate only when there is one', () => {
    const address = { tlsHostname: 'logs.example.com', enrollSecretPath: '/etc/osquery/enroll_secret' }
    const flags = osqueryFlags({ ...address, serverCertificates: null })
    expect(flags).toContain('--tls_hostname=logs.example.com')
    expect(flags.join('\n')).not.toContain('tls_server_certs')
    expect(osqueryFlags({ ...address, serverCertificates: '/ca.pem' })).toContain(
      '--tls_server_certs=/ca.pem',
    )
  })
})

describe('a port', () => {
  it('is free, or taken by someone', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    expect(await isPortFree(port)).toBe(false)
    await new Promise(resolve => server.close(resolve))
    expect(await isPortFree(port)).toBe(true)
  })
})

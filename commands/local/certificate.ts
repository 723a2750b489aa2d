import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface LocalCertificate {
  /** PEM file with the certificate: what `--tls_server_certs` names, since it signs itself. */
  readonly certificatePath: string
  readonly keyPath: string
}

const VALID_DAYS = 365
const DAY_MS = 86_400_000

/**
 * A self-signed certificate for this machine's names, made once and kept in `directory` until it is about to expire.
 * osqueryd always verifies certificate and host name, so it must be given the file and connect to one of the names.
 */
export async function localCertificate(directory: string, now: number): Promise<LocalCertificate> {
  const certificatePath = join(directory, 'localhost.crt')
  const keyPath = join(directory, 'localhost.key')
  if (!isUsable(certificatePath, keyPath, now)) {
    mkdirSync(directory, { recursive: true })
    const { cert, private: key } = await newCertificate(now)
    writeFileSync(keyPath, key, { mode: 0o600 })
    writeFileSync(certificatePath, cert)
  }
  return { certificatePath, keyPath }
}

/** Names under which the Worker can be reached from this machine. */
function localNames(): string[] {
  return [...new Set(['localhost', hostname()])]
}

function newCertificate(now: number) {
  return generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...localNames().map(value => ({ type: 2 as const, value })),
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
}

function isUsable(certificatePath: string, keyPath: string, now: number): boolean {
  if (!existsSync(certificatePath) || !existsSync(keyPath)) return false
  const certificate = new X509Certificate(readFileSync(certificatePath))
  return (
    certificate.validToDate.getTime() > now + DAY_MS &&
    localNames().every(name => certificate.checkHost(name) !== undefined)
  )
}

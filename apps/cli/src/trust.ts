import { createPublicKey } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MalformedError, toLatin1 } from '@trusted-launch/codec'
import { Certificate, CryptoError, decodePem, isPem, PublicKey } from '@trusted-launch/crypto'
import { UsageError } from './exit-code.ts'
import { readInput } from './input-file.ts'
import { trustFolder } from './service/evidence.ts'

/** Where this installation leaves what it trusts: the demo's signer and its certificate authority. */
const installation = join(import.meta.dirname, '../../../.cache/demo')
const installedSigner = join(installation, 'signer.pem')
const installedAnchors = join(installation, 'anchors.pem')

const fileBytesMax = 1 << 20

/**
 * The keys that sign records we believe: of this file (PEM: public keys or certificates), or, when none is named, of
 * this installation and of the control planes that this user exported records from.
 */
export function trustedSigners(file: string | undefined): PublicKey[] {
  const paths = file === undefined ? believed(installedSigner, 'signers') : [file]
  if (paths.length === 0)
    throw new Error(
      'no trusted signer: this installation has signed nothing yet; name one with --key FILE: the control plane gives its own at /attestation/signers.pem (and at anchors.pem what --anchor takes), without a token',
    )
  return paths.flatMap((path) => publicKeysIn(path))
}

function publicKeysIn(path: string): PublicKey[] {
  const pem = toLatin1(readInput(path, fileBytesMax))
  if (/PRIVATE KEY-----/.test(pem))
    throw new UsageError(`${path}: a private key; name the public one`)
  const blocks = pem.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g) ?? [pem]
  try {
    return blocks.map((block) => {
      const spki = createPublicKey(block).export({ format: 'der', type: 'spki' })
      return PublicKey.fromSpki(Uint8Array.from(spki))
    })
  } catch (cause) {
    throw new UsageError(`${path}: no public key in PEM`, { cause })
  }
}

/** What is believed when nothing is named. */
function believed(installed: string, kind: 'signers' | 'anchors'): string[] {
  const folder = trustFolder()
  const names = existsSync(folder) ? readdirSync(folder).sort() : []
  const exported = names.filter((name) => name.endsWith(`.${kind}.pem`))
  const paths = exported.map((name) => join(folder, name))
  return existsSync(installed) ? [installed, ...paths] : paths
}

/**
 * The authorities whose attestation keys we believe: of these files (PEM, where several certificates
 * may stand in one, or DER); when none is named, as of `trustedSigners`. Never of the record.
 */
export function trustedAnchors(files: readonly string[]): Certificate[] {
  const paths = files.length > 0 ? files : believed(installedAnchors, 'anchors')
  return paths.flatMap((path) => {
    try {
      return certificatesFrom(readInput(path, fileBytesMax))
    } catch (cause) {
      if (!(cause instanceof MalformedError)) throw cause
      throw new UsageError(`${path}: no certificate: ${cause.reason}`, { cause })
    }
  })
}

/** Certificates in PEM, or one in DER. @throws {MalformedError} anything else. */
export function certificatesFrom(bytes: Uint8Array): Certificate[] {
  if (!isPem(bytes)) return [certificateOf(bytes)]
  return decodePem(bytes).map(({ label, der }) => {
    if (label !== 'CERTIFICATE') throw new MalformedError('PEM', 0, `a block "${label}"`)
    return certificateOf(der)
  })
}

function certificateOf(der: Uint8Array): Certificate {
  try {
    return Certificate.decode(der)
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause
    throw new MalformedError('Certificate', 0, cause.message, { cause })
  }
}

import { createPublicKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MalformedError, toLatin1 } from '@trusted-launch/codec'
import { Certificate, CryptoError, decodePem, isPem, PublicKey } from '@trusted-launch/crypto'
import { UsageError } from './exit-code.ts'
import { readInput } from './input-file.ts'

/** Where this installation leaves what it trusts: the demo's signer and its certificate authority. */
const installation = join(import.meta.dirname, '../../../.cache/demo')
const installedSigner = join(installation, 'signer.pem')
const installedAnchors = join(installation, 'anchors.pem')

const fileBytesMax = 1 << 20

/**
 * The key that signs records we believe: of this file (PEM: a public key or a certificate), or of this
 * installation when none is named.
 */
export function trustedSigner(file: string | undefined): PublicKey {
  const path = file ?? installedSigner
  if (file === undefined && !existsSync(path))
    throw new Error(
      'no trusted signer: this installation has signed nothing yet; name one with --key FILE',
    )
  const pem = toLatin1(readInput(path, fileBytesMax))
  if (/PRIVATE KEY-----/.test(pem))
    throw new UsageError(`${path}: a private key; name the public one`)
  try {
    const spki = createPublicKey(pem).export({ format: 'der', type: 'spki' })
    return PublicKey.fromSpki(Uint8Array.from(spki))
  } catch (cause) {
    throw new UsageError(`${path}: no public key in PEM`, { cause })
  }
}

/**
 * The authorities whose attestation keys we believe: of these files (PEM, where several certificates
 * may stand in one, or DER), or of this installation when none is named. Never of the record.
 */
export function trustedAnchors(files: readonly string[]): Certificate[] {
  const paths = files.length > 0 ? files : existsSync(installedAnchors) ? [installedAnchors] : []
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

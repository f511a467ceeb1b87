import { MalformedError, toHex } from '@trusted-launch/codec'
import {
  DER,
  decodeAppendedSignature,
  digest,
  formatName,
  type HashName,
  readDer,
  type SignerInfo,
} from '@trusted-launch/crypto'
import type { ImaEntry } from '@trusted-launch/eventlog'
import type { AppraisalInput } from './appraisal-input.ts'
import { appraiseEvidence } from './appraise.ts'
import { printable } from './printable.ts'
import { verifyEvidence } from './verify-evidence.ts'

/** Whom a module's signature names. That the signature is theirs is for the kernel, which has the keys, to say. */
export interface ModuleSigner {
  /** Whose certificate: its issuer's name and its serial number, or its key identifier (hexadecimal). */
  readonly issuer: string | null
  readonly serial: string | null
  readonly keyIdentifier: string | null
  /** Null: a hash not known here. */
  readonly hash: HashName | null
}

/** What the IMA list and a module's own bytes say of it. */
export interface IdentifiedModule {
  readonly sha256: string
  /** Entries of the IMA list that measured exactly these bytes, and the paths they give: hints. */
  readonly entries: readonly number[]
  readonly paths: readonly string[]
  /**
   * Told only of bytes that the list measured. Empty: nobody signed, or inside a compression.
   * Null: no entry is of these bytes, or what stands behind them is no signature.
   */
  readonly signers: readonly ModuleSigner[] | null
}

/** SHA-1 is another file's too, for whoever makes two. */
const strong = ['sha256', 'sha384', 'sha512'] as const

/**
 * Who signed a module that the kernel read: the IMA list gives its digest alone, so its file is hashed again,
 * and only where PCR 10 vouches for an entry of that digest something is said of its signer. Evidence that is
 * refused vouches for no file.
 * @param files whole module files, as they lie in the guest.
 */
export function identifyModules(
  input: AppraisalInput,
  files: readonly Uint8Array[],
): IdentifiedModule[] {
  const entries = vouchedFor(input)
  return files.map((file) => {
    const digests = strong.map((hash) => `${hash}:${toHex(digest(hash, file))}`)
    const found = entries.filter(({ data }) => digests.includes(digestOf(data)))
    return {
      sha256: digests[0]!.slice('sha256:'.length),
      entries: found.map(({ index }) => index),
      paths: [...new Set(found.map(({ data }) => pathOf(data)))],
      signers: found.length === 0 ? null : signersOf(file),
    }
  })
}

function vouchedFor(input: AppraisalInput): readonly ImaEntry[] {
  if (appraiseEvidence(input).result.tier === 'contraindicated') return []
  const lists = [...(verifyEvidence(input).log?.ima.values() ?? [])]
  const [any] = lists
  if (any === undefined || lists.some(({ paddedSha1 }) => paddedSha1)) return []
  const matched = Math.min(...lists.map((list) => list.matched ?? 0))
  return any.entries.slice(0, matched).filter(({ violation }) => !violation)
}

function digestOf(data: ImaEntry['data']): string {
  return data.kind === 'fields' ? `${data.digest.algorithm}:${toHex(data.digest.digest)}` : ''
}

function pathOf(data: ImaEntry['data']): string {
  return data.kind === 'fields' ? printable(data.name.slice(0, 512)) : ''
}

function signersOf(file: Uint8Array): readonly ModuleSigner[] | null {
  try {
    const signed = decodeAppendedSignature(file)
    return signed === null ? [] : signed.signedData.signers.map(signerOf)
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function signerOf({ identifier, digestAlgorithm: hash }: SignerInfo): ModuleSigner {
  if (!('serial' in identifier)) {
    const keyIdentifier = toHex(identifier.subjectKeyIdentifier)
    return { issuer: null, serial: null, keyIdentifier, hash }
  }
  const { issuerDer, serial } = identifier
  return { issuer: formatName(readDer(issuerDer, DER.SEQUENCE)), serial, keyIdentifier: null, hash }
}

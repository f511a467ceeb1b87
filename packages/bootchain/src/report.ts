import { MalformedError, toHex } from '@trusted-launch/codec'
import { certificateOf } from '@trusted-launch/crypto'
import type { RandomAccess } from '@trusted-launch/disk'
import {
  authenticodeDigest,
  authenticodeSignatures,
  type ImagePolicy,
  type ImageVerdict,
  type SbatEntry,
  sbatOf,
  shimVendor,
  vendorDatabase,
  verifyImage,
} from '@trusted-launch/uefi'
import { ukiCommandLine } from './uki.ts'
import { type BootChain, type BootImage, walk } from './walk.ts'

/** What is known of one image of the chain. */
export interface ImageReport {
  readonly stage: 'shim' | 'GRUB' | 'kernel' | 'unified kernel image'
  readonly path: string
  /** Authenticode, SHA-256. */
  readonly sha256: string
  /** Who its signatures say they are by, and who issued that. Stated, not verified: see `verdict`. */
  readonly signers: readonly { readonly subject: string; readonly issuer: string }[]
  readonly sbat: readonly SbatEntry[] | null
  /** What the databases say: the loader by db and dbx, the others with the vendor's lists besides. */
  readonly verdict: ImageVerdict
}

/** What boots from an image, and whether it would under given databases. */
export interface BootReport {
  readonly images: readonly ImageReport[]
  /** True when every image is allowed. SBAT and the loader's own bugs are not judged. */
  readonly wouldBoot: boolean
  /** Which of Microsoft's UEFI CAs the loader's signatures name: any one of them in db is enough. */
  readonly microsoftCas: readonly (2011 | 2023)[]
  readonly commandLine: string | null
}

/**
 * What boots from this disk, who signed it, and whether firmware with these databases would allow it.
 * @throws {BootChainError} the chain cannot be foretold. @throws {MalformedError} it cannot be read.
 */
export function report(disk: RandomAccess, policy: ImagePolicy): BootReport {
  const chain = walk(disk)
  const images = reportsOf(chain, policy)
  return {
    images,
    wouldBoot: images.every(({ verdict }) => verdict.allowed),
    microsoftCas: casOf(images[0]!),
    commandLine: chain.kind === 'shim' ? chain.run.commandLine : ukiCommandLine(chain),
  }
}

function reportsOf(chain: BootChain, policy: ImagePolicy): ImageReport[] {
  if (chain.kind === 'uki') return [reportOf('unified kernel image', chain.loader, policy)]
  const vendor = vendorDatabase(shimVendor(chain.loader.image)!)
  const wide = { db: [...policy.db, ...vendor], dbx: policy.dbx }
  return [
    reportOf('shim', chain.loader, policy),
    reportOf('GRUB', chain.grub, wide),
    reportOf('kernel', chain.kernel, wide),
  ]
}

function reportOf(
  stage: ImageReport['stage'],
  { path, image }: BootImage,
  policy: ImagePolicy,
): ImageReport {
  return {
    stage,
    path,
    sha256: toHex(authenticodeDigest(image, 'sha256')),
    signers: signersOf(image),
    sbat: sbatOrNull(image),
    verdict: verifyImage(image, policy),
  }
}

function signersOf(image: BootImage['image']): ImageReport['signers'] {
  return authenticodeSignatures(image).signatures.flatMap((signature) =>
    'signedData' in signature
      ? signature.signedData.signers.flatMap((info) => {
          const signer = certificateOf(signature.signedData, info)
          return signer === null ? [] : [{ subject: signer.subject, issuer: signer.issuer }]
        })
      : [],
  )
}

function sbatOrNull(image: BootImage['image']): SbatEntry[] | null {
  try {
    return sbatOf(image)
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function casOf({ signers }: ImageReport): (2011 | 2023)[] {
  const issuers = signers.map(({ issuer }) => issuer)
  const years: (2011 | 2023)[] = []
  if (issuers.some((issuer) => /CN=Microsoft Corporation UEFI CA 2011$/.test(issuer)))
    years.push(2011)
  if (issuers.some((issuer) => /CN=Microsoft UEFI CA 2023$/.test(issuer))) years.push(2023)
  return years
}

import { type BootChain, BootChainError, walk } from '@trusted-launch/bootchain'
import { toHex } from '@trusted-launch/codec'
import { certificateOf, digest } from '@trusted-launch/crypto'
import type { RandomAccess } from '@trusted-launch/disk'
import { authenticodeDigest, authenticodeSignatures, type PeImage } from '@trusted-launch/uefi'

/** One thing that will run or be read on the way to the kernel. */
export interface BootStep {
  readonly stage: string
  /** A path on the EFI system partition, or the kernel's command line. */
  readonly what: string
  /** SHA-256: of an image as Authenticode hashes it, of anything else over its bytes. */
  readonly digest: string
  /** Who the signatures on it say they are by. Nothing is verified here. */
  readonly signers: readonly string[]
}

/** How the disk will boot; null and the reason where that cannot be foretold. */
export interface BootSteps {
  readonly steps: readonly BootStep[] | null
  readonly reason: string | null
}

/** What firmware without a boot option will run from this disk. @throws {MalformedError} */
export function bootStepsOf(disk: RandomAccess): BootSteps {
  try {
    return { steps: stepsOf(walk(disk)), reason: null }
  } catch (e) {
    if (!(e instanceof BootChainError)) throw e
    return { steps: null, reason: e.message }
  }
}

function stepsOf(chain: BootChain): BootStep[] {
  if (chain.kind === 'uki') return [imageStep('unified kernel', chain.loader)]
  const { loader, grub, kernel, run } = chain
  const files = run.measurements.flatMap(({ kind, path, bytes }) =>
    (kind === 'configuration' || kind === 'initrd') && path !== null
      ? [{ stage: kind, what: path, digest: sha256(bytes), signers: [] }]
      : [],
  )
  const commandLine = run.measurements.find(({ kind }) => kind === 'command-line')
  return [
    imageStep('shim', loader),
    imageStep('GRUB', grub),
    ...files,
    imageStep('kernel', kernel),
    ...(commandLine === undefined
      ? []
      : [
          {
            stage: 'command line',
            what: run.commandLine,
            digest: sha256(commandLine.bytes),
            signers: [],
          },
        ]),
  ]
}

const sha256 = (bytes: Uint8Array) => toHex(digest('sha256', bytes))

function imageStep(stage: string, { path, image }: { path: string; image: PeImage }): BootStep {
  const value = toHex(authenticodeDigest(image, 'sha256'))
  return { stage, what: path, digest: value, signers: signersOf(image) }
}

function signersOf(image: PeImage): string[] {
  return authenticodeSignatures(image).signatures.flatMap((one) => {
    if ('fault' in one) return [`(${one.fault})`]
    return one.signedData.signers.map(
      (signer) => certificateOf(one.signedData, signer)?.subject ?? '(no certificate)',
    )
  })
}

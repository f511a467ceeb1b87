import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type AppraisalInput,
  knownFirmware,
  QUOTED_PCRS,
  type ReferenceValues,
  type RollbackState,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import { predictBoots } from '@trusted-launch/bootchain'
import { Certificate } from '@trusted-launch/crypto'
import {
  findFirmware,
  type Host,
  type Image,
  type Machine,
  modulesOfImage,
  openDiskFile,
} from '@trusted-launch/host'

const firmwareSha256 = createHash('sha256').update(readFileSync(findFirmware().code)).digest('hex')

export const randomNonce = (): Uint8Array => Uint8Array.from(randomBytes(32))

/** Reference values of a pristine image for a VM that has not started yet. */
export async function foretell(image: Image, vm: Machine): Promise<ReferenceValues> {
  const disk = openDiskFile(image.path, image.format)
  try {
    const { banks } = vm.spec.vtpm!
    const variables = await vm.readVariables()
    const firmware = knownFirmware(firmwareSha256)
    const modules = modulesOfImage(image)
    const variants = predictBoots({ disk, image, variables, banks, firmware, modules })
    return { version: 2, variants }
  } finally {
    disk.close()
  }
}

/** What a verdict wants besides the evidence, from the host's record alone. Without `rollback` the index is not asked. */
export async function expected(
  host: Host,
  vm: Machine,
  references: ReferenceValues,
  rollback: { readonly nonce: Uint8Array; readonly state: RollbackState } | null = null,
): Promise<Omit<AppraisalInput, 'evidence'>> {
  const { akName, generation, retiredAkNames } = vm.identity!
  const { memoryMiB, vcpus, vtpm } = vm.spec
  const { accelerator } = await host.acceleration()
  return {
    expectation: {
      ...{ vm: vm.id, nonce: randomNonce(), akName, generation, retiredAkNames, rollback },
      banks: vtpm!.banks,
      pcrs: QUOTED_PCRS,
      anchors: [Certificate.decode(host.trustAnchor)],
      machine: { firmwareSha256, memoryMiB, vcpus, accelerator },
      profile: 'strict',
    },
    references,
    policy: TRUSTED_LAUNCH_POLICY,
    time: Date.now(),
  }
}

/** Asks the VM once. */
export async function ask(
  vm: Machine,
  input: Omit<AppraisalInput, 'evidence'>,
): Promise<AppraisalInput> {
  const { nonce, rollback } = input.expectation
  const question = { nonce, pcrs: [...QUOTED_PCRS], banks: [...vm.spec.vtpm!.banks] }
  const extendNonce = rollback === null ? {} : { extendNonce: rollback.nonce }
  return { ...input, evidence: await vm.collectEvidence({ ...question, ...extendNonce }) }
}

import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type AppraisalInput,
  knownFirmware,
  QUOTED_PCRS,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import { predict } from '@trusted-launch/bootchain'
import { Certificate } from '@trusted-launch/crypto'
import { fromBytes } from '@trusted-launch/disk'
import type { Host, Image, Machine } from '@trusted-launch/host'
import { size } from './virtual-machines.ts'

const banks = ['sha256'] as const
type References = AppraisalInput['references']

/** The firmware file's SHA-256, hexadecimal. */
const firmwareOf = (host: Host) =>
  createHash('sha256').update(readFileSync(host.firmware.code)).digest('hex')

/** Reference values, of the pristine image and the variable store before the first boot. */
export function foretell(host: Host, image: Image, variables: Uint8Array): References {
  const variant = predict({
    disk: fromBytes(new Uint8Array(readFileSync(image.path))),
    image: { name: image.name, sha256: image.sha256 },
    variables,
    banks,
    firmware: knownFirmware(firmwareOf(host)),
  })
  return { version: 2, variants: [variant] }
}

/** Asks a VM for the first time with nonces of its own; the verdict's whole input. */
export async function firstEvidence(
  host: Host,
  machine: Machine,
  references: References,
): Promise<AppraisalInput> {
  const nonce = Uint8Array.from(randomBytes(32))
  const extendNonce = Uint8Array.from(randomBytes(32))
  const evidence = await machine.collectEvidence({ nonce, pcrs: QUOTED_PCRS, banks, extendNonce })
  const { vm, akName, generation } = machine.identity!
  const { accelerator } = await host.acceleration()
  const shape = { firmwareSha256: firmwareOf(host), accelerator, ...size }
  const state = { indexName: null, value: null, unanswered: [], resetCount: null }
  return {
    evidence,
    expectation: {
      vm,
      nonce,
      akName,
      generation,
      retiredAkNames: [],
      banks,
      pcrs: QUOTED_PCRS,
      anchors: [Certificate.decode(host.trustAnchor)],
      machine: shape,
      profile: 'strict',
      rollback: { nonce: extendNonce, state },
    },
    references,
    policy: TRUSTED_LAUNCH_POLICY,
    time: Date.now(),
  }
}

import { toHex } from '@trusted-launch/codec'
import { Certificate } from '@trusted-launch/crypto'
import type { Machine } from '@trusted-launch/host'
import type { HostFacts, HostStarts } from '../domain/host/evidence.ts'
import type { HostFirmware } from './host-firmware.ts'
import { hostPartOf } from './host-part.ts'

/**
 * What a verdict on a VM needs from this host's own records; null: it has no vTPM.
 * @param references as kept. @param trustAnchor the authority that certifies the host's vTPMs' keys, in DER.
 */
export async function factsOf(
  machine: Machine,
  references: Uint8Array | null,
  trustAnchor: Uint8Array,
  firmware: HostFirmware,
): Promise<HostFacts | null> {
  const { identity } = machine
  if (identity === null) return null
  const { vm, generation, akName, retiredAkNames } = identity
  const anchors = [Certificate.decode(trustAnchor)]
  const shape = await firmware.shapeOf(machine.spec)
  const starts = await startsOf(machine)
  const expectation = { vm, generation, akName, retiredAkNames, anchors, machine: shape }
  const host = await hostPartOf(machine, references === null ? null : firmware)
  return { expectation, references, host, starts }
}

async function startsOf(machine: Machine): Promise<HostStarts | null> {
  const starts = await machine.starts()
  if (starts === null) return null
  const { index, pending, ...more } = starts
  return {
    ...more,
    index: index.map(({ before, after, reverted }) => ({
      ...{ before: toHex(before), after: toHex(after) },
      ...(reverted === true && { reverted }),
    })),
    unanswered: pending.map(toHex),
  }
}

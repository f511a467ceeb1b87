import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { type HostPart, statedVariables } from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import type { Machine, MachineFacts, VtpmIdentity } from '@trusted-launch/host'
import { variablesOfTemplate } from '@trusted-launch/uefi'
import type { HostFirmware } from './host-firmware.ts'
import { variablesOf } from './variables.ts'

/** A file's hash, made again when the file is another or was changed. */
export class FileHash {
  readonly #path: string
  #known = { file: '', sha256: '' }

  constructor(path: string) {
    this.#path = path
  }

  /** SHA-256, hexadecimal. */
  async get(): Promise<string> {
    const { ino, size, mtimeNs } = await stat(this.#path, { bigint: true })
    const file = [ino, size, mtimeNs].join()
    if (this.#known.file !== file) {
      const sha256 = createHash('sha256').update(await readFile(this.#path))
      this.#known = { file, sha256: sha256.digest('hex') }
    }
    return this.#known.sha256
  }
}

/** What the host runs a VM with, and what it was asked to. */
export interface HostParts {
  readonly actual: HostPart
  readonly wanted: HostPart
}

/**
 * Both, as far as the host knows them: QEMU as it was started and as it runs; the variable store's file as it was when
 * the VM stopped and when it started again; the vTPM's keys as the VM's record has
 * them and as its keeper's journal does, and its state's header; the firmware, and the Secure Boot variables in the VM's
 * own store, decoded.
 * @param firmware as reference values were made with it; null: there are none, and the VM may have come with variables
 *   of its own, which nobody asked for.
 */
export async function hostPartOf(
  machine: Machine,
  firmware: Pick<HostFirmware, 'sha256' | 'sha256Now'> | null,
): Promise<HostParts> {
  const { qemu, vtpm, store } = await machine.facts()
  const parts: HostParts[] = []
  if (qemu !== null) parts.push({ actual: { qemu: qemu.actual }, wanted: { qemu: qemu.asked } })
  if (store !== null)
    parts.push({ actual: { store: store.started }, wanted: { store: store.stopped } })
  if (vtpm !== null) parts.push(vtpmPartOf(machine.identity!, vtpm))
  if (firmware !== null) parts.push(...(await firmwarePartOf(machine, firmware)))
  const all = (side: keyof HostParts): HostPart =>
    Object.assign({}, ...parts.map((part) => part[side]))
  return { actual: all('actual'), wanted: all('wanted') }
}

function vtpmPartOf(
  identity: VtpmIdentity,
  { identity: kept, stateEncrypted }: NonNullable<MachineFacts['vtpm']>,
): HostParts {
  const isKnown = stateEncrypted !== null
  return {
    actual: { ...keysOf(identity), ...(isKnown && { vtpmStateEncrypted: stateEncrypted }) },
    wanted: { ...keysOf(kept), vtpmStateEncrypted: true },
  }
}

function keysOf({ generation, ekName, akName }: VtpmIdentity) {
  return { generation, ekName: toHex(ekName), akName: toHex(akName) }
}

/** None of a VM that came with variables of its own. */
async function firmwarePartOf(
  machine: Machine,
  firmware: Pick<HostFirmware, 'sha256' | 'sha256Now'>,
): Promise<HostParts[]> {
  const { signatures, secureBoot } = machine.spec
  if (signatures === null) return []
  const wanted = statedVariables(variablesOfTemplate(signatures, secureBoot))
  const actual = statedVariables(await variablesOf(machine))
  return [
    {
      actual: { firmwareSha256: await firmware.sha256Now(), variables: actual },
      wanted: { firmwareSha256: firmware.sha256, variables: wanted },
    },
  ]
}

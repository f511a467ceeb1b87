import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HostPart, statedVariables } from '@trusted-launch/attestation'
import { MalformedError } from '@trusted-launch/codec'
import type { Machine } from '@trusted-launch/host'
import { decodeVariableStore, type VariableStore, variablesOfTemplate } from '@trusted-launch/uefi'

const READS_MAX = 5
const READ_AGAIN_MS = 50

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

/**
 * What the host runs a VM with, and what it was asked to: its firmware, and the Secure Boot variables in the VM's own
 * store, decoded. Null: the VM came with variables of its own, and nobody asked for any.
 * @param asked of the firmware, as reference values were made with it.
 */
export async function hostPartOf(
  machine: Machine,
  firmwareNow: string,
  asked: string,
): Promise<{ actual: HostPart; wanted: HostPart } | null> {
  const { signatures, secureBoot } = machine.spec
  if (signatures === null) return null
  const wanted = statedVariables(variablesOfTemplate(signatures, secureBoot))
  const actual = statedVariables(await storeOf(machine))
  return {
    actual: { firmwareSha256: firmwareNow, variables: actual },
    wanted: { firmwareSha256: asked, variables: wanted },
  }
}

/** The guest's firmware writes there while it runs: what is half written is read again. */
async function storeOf(machine: Machine): Promise<VariableStore> {
  for (let reads = 1; ; reads++)
    try {
      return decodeVariableStore(await machine.readVariables())
    } catch (error) {
      if (!(error instanceof MalformedError) || reads >= READS_MAX) throw error
      await sleep(READ_AGAIN_MS)
    }
}

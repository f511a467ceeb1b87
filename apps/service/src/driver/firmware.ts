import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  knownFirmware,
  type MachineShape,
  parseLearntFirmware,
  type ReferenceFirmware,
} from '@trusted-launch/attestation'
import type { Log } from '@trusted-launch/host'
import { cacheDirectory } from './paths.ts'

const learntFile = join(cacheDirectory, 'firmware/learnt.json')
const tool = join(import.meta.dirname, '../../../../tools/learn-firmware.ts')

/** What is believed of a firmware file: what the project learnt of it, and what this installation did. */
export function believedFirmware(sha256: string): ReferenceFirmware | null {
  const own = existsSync(learntFile) ? Uint8Array.from(readFileSync(learntFile)) : null
  return knownFirmware(sha256, own === null ? [] : parseLearntFirmware(own))
}

/**
 * Has this installation learn what its firmware measures on machines of this shape, where that is not
 * known: from machines of their own, which are gone afterwards, before any that is judged by it.
 */
export async function learnWhereUnknown(
  shape: MachineShape,
  log: Log,
  interrupted: AbortSignal,
): Promise<void> {
  const known = believedFirmware(shape.firmwareSha256)?.learnt ?? []
  const isThis = (one: MachineShape) =>
    one.memoryMiB === shape.memoryMiB &&
    one.vcpus === shape.vcpus &&
    one.accelerator === shape.accelerator
  if (known.some(isThis)) return
  const message = 'what this firmware measures here is not known: learning it from a VM of its own'
  log({ level: 'warning', event: 'firmware', vm: null, message })
  const size = `${shape.memoryMiB}x${shape.vcpus}`
  const child = spawn(process.execPath, [tool, size], { stdio: ['ignore', 'ignore', 'inherit'] })
  interrupted.addEventListener('abort', () => child.kill())
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('what the firmware measures could not be learnt')
}

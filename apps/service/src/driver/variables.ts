import { setTimeout as sleep } from 'node:timers/promises'
import { MalformedError } from '@trusted-launch/codec'
import type { Machine } from '@trusted-launch/host'
import { decodeVariableStore, type VariableStore } from '@trusted-launch/uefi'

const READS_MAX = 5
const READ_AGAIN_MS = 50

/**
 * What a VM's variable store has now. The guest's firmware writes there while it runs: what is half written is read again.
 * @throws {MalformedError} it is no variable store, however often it is read.
 */
export async function variablesOf(machine: Pick<Machine, 'readVariables'>): Promise<VariableStore> {
  for (let reads = 1; ; reads++)
    try {
      return decodeVariableStore(await machine.readVariables())
    } catch (error) {
      if (!(error instanceof MalformedError) || reads >= READS_MAX) throw error
      await sleep(READ_AGAIN_MS)
    }
}

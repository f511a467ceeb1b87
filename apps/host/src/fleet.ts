import { availableParallelism, freemem, totalmem } from 'node:os'
import type { Machine } from './machine/machine.ts'

/** What a host has for VMs; without what QEMU needs beside a guest's memory. */
export interface HostCapacity {
  readonly vcpus: number
  readonly memoryMiB: number
  /** What no process uses, nor a guest that runs was promised. */
  readonly freeMemoryMiB: number
  /** What guests that run have, in all: more than there are where they share them. */
  readonly runningVcpus: number
}

export function capacityOf(machines: readonly Machine[]): HostCapacity {
  const toMiB = (bytes: number) => Math.floor(bytes / (1 << 20))
  const running = machines.filter(({ processes }) => processes !== null)
  const promised = running.reduce((sum, { spec }) => sum + spec.memoryMiB, 0)
  const runningVcpus = running.reduce((sum, { spec }) => sum + spec.vcpus, 0)
  const memoryMiB = toMiB(totalmem())
  const freeMemoryMiB = Math.max(0, Math.min(toMiB(freemem()), memoryMiB - promised))
  return { vcpus: availableParallelism(), memoryMiB, freeMemoryMiB, runningVcpus }
}

/** How many at a time, and which first. */
export interface FleetOptions {
  /** By default 2. */
  readonly parallel?: number
  /** By default by id. */
  readonly order?: (a: Machine, b: Machine) => number
}

/** What became of one VM; a failure keeps no other from its turn. */
export interface Outcome {
  readonly id: string
  /** What was thrown, or null. */
  readonly error: unknown
}

/** Does something with each VM, so many at a time, in that order. */
export async function forEach(
  machines: readonly Machine[],
  { parallel = 2, order = () => 0 }: FleetOptions,
  work: (machine: Machine) => Promise<unknown>,
): Promise<Outcome[]> {
  const left = [...machines].sort(order)
  const outcomes: Outcome[] = []
  const worker = async () => {
    for (let machine = left.shift(); machine !== undefined; machine = left.shift()) {
      const error = await work(machine).then(
        () => null,
        (e: unknown) => e,
      )
      outcomes.push({ id: machine.id, error })
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return outcomes
}

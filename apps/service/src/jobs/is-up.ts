import type { MachinePower } from '../domain/host/machines.ts'

/** It has its processes, whatever they do: of such a VM nothing is changed. */
export function isUp(power: MachinePower | null): boolean {
  return power === 'running' || power === 'held' || power === 'unreachable'
}

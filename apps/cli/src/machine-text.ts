import { toHex } from '@trusted-launch/codec'
import type { Held, Machine } from '@trusted-launch/host'
import { plain } from './plain-text.ts'
import { tableText } from './table.ts'

/** What is shown of a VM. */
type MachineView = Pick<Machine, 'id' | 'spec' | 'identity' | 'status'>

/** One VM, as `--json` shows it. */
export function viewOfMachine(machine: MachineView) {
  const { name, memoryMiB, vcpus, secureBoot } = machine.spec
  const { state, held } = machine.status()
  const identity = identityView(machine)
  return { id: machine.id, name, state, held, memoryMiB, vcpus, secureBoot, ...identity }
}

/** All null of a VM without a vTPM. */
function identityView({ identity }: MachineView) {
  if (identity === null) return { generation: null, akName: null, ekName: null }
  const { generation, akName, ekName } = identity
  return { generation, akName: toHex(akName), ekName: toHex(ekName) }
}

const why = {
  'boot-loop': 'stands still: it started over and over',
  refused: 'stands still: its firmware refused what it was to start',
  'vtpm-lost': 'stands still: its vTPM went away while it ran',
} as const satisfies Record<Held, string>

/** VMs as a table. One that stands still on purpose says why, until it is reset or stopped. */
export function textOfMachines(
  views: readonly ReturnType<typeof viewOfMachine>[],
  width: number,
): string {
  const head = ['VM', 'name', 'state', 'memory', 'vCPUs', 'Secure Boot', 'generation', 'AK name']
  const rows = views.map((one) => [
    one.id,
    plain(one.name),
    one.held === null ? one.state : `${one.state}, ${why[one.held]}`,
    `${one.memoryMiB} MiB`,
    String(one.vcpus),
    one.secureBoot ? 'on' : 'off',
    String(one.generation ?? 'no vTPM'),
    one.akName ?? '',
  ])
  return tableText(head, rows, width)
}

/** `1 VM stopped`. */
export function vmsStopped(count: number): string {
  return `${count} ${count === 1 ? 'VM' : 'VMs'} stopped`
}

/** Stopped with a service that goes: what its control plane wants running is started by the next one. */
export function stoppedUntilUp(count: number): string {
  const again =
    count === 0
      ? ''
      : `: the next tl up starts ${count === 1 ? 'it' : 'them'} again; tl vm deallocate keeps one off`
  return vmsStopped(count) + again
}

/** What the next one says of them; empty: there is none. */
export function startedAgainText(count: number): string {
  if (count === 0) return ''
  return `${count} ${count === 1 ? 'VM' : 'VMs'} wanted running and stopped meanwhile: started again\n`
}

import { parseResourceId, typeOf } from '@trusted-launch/api'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { tableText } from '../table.ts'
import type { Connection } from './connection.ts'
import { everything } from './everything.ts'
import { VM } from './new-vm.ts'

/** One thing that a deletion is about. */
export interface Going {
  readonly id: string
  /** False: it stays, and is free. */
  readonly goes: boolean
  /** Why; empty: since it is what is deleted, or lies in it. */
  readonly because: string
}

/** What a VM's deletion takes along, and what it leaves: itself, its extensions, its disks and interfaces. */
export async function goingWithVm(
  { client }: Pick<Connection, 'client'>,
  vm: any,
): Promise<Going[]> {
  const extensions = await everything<any>(client.list(`${vm.id}/extensions`))
  const { osDisk, dataDisks = [] } = vm.properties.storageProfile ?? {}
  const disks = [osDisk, ...dataDisks].map((disk) => [disk?.managedDisk?.id, disk?.deleteOption])
  const interfaces = (vm.properties.networkProfile?.networkInterfaces ?? []).map((one: any) => [
    one.id,
    one.properties?.deleteOption,
  ])
  return [
    { id: vm.id, goes: true, because: '' },
    ...extensions.map(({ id }) => ({ id, goes: true, because: '' })),
    ...[...disks, ...interfaces].flatMap(([id, option = 'Detach']) =>
      id === undefined
        ? []
        : [{ id, goes: option === 'Delete', because: `its deleteOption is ${option}` }],
    ),
  ]
}

/** What a group's deletion takes along: all in it, what lies in other groups and goes with its VMs, too. */
export async function goingWithGroup(
  connection: Pick<Connection, 'client'>,
  group: string,
): Promise<Going[]> {
  const { client } = connection
  const all = await everything<any>(client.list(`${group}/resources`))
  const found = all.map(({ id, sku }): Going => {
    const count = sku?.capacity
    return { id, goes: true, because: count === undefined ? '' : `with its ${count} instances` }
  })
  for (const vm of await everything<any>(client.list(`${group}/providers/${VM}`)))
    for (const one of await goingWithVm(connection, vm))
      if (!found.some(({ id }) => isSame(id, one.id)))
        found.push(isWithin(one.id, group) ? { ...one, goes: true, because: '' } : one)
  return found
}

const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()

function isWithin(id: string, group: string): boolean {
  return id.toLowerCase().startsWith(`${group.toLowerCase()}/`)
}

/** What would become of each; nothing was asked for. */
export function tellGoing(
  going: readonly Going[],
  { json }: { readonly json?: boolean },
  output: Output,
): void {
  const rows = going.map(({ id, goes, because }) => {
    const { type, name } = shortOf(id)
    const why = because === '' ? '' : goes ? ` (${because})` : `: ${because}`
    return [plain(type), plain(name), `${goes ? 'goes' : 'stays'}${why}`]
  })
  const text =
    rows.length === 0
      ? 'nothing is in it\n'
      : tableText(['what', 'name', 'what becomes of it'], rows, output.width)
  output.out(json === true ? jsonText(going) : text)
  output.err('nothing was asked for: whether a lock keeps any of it was not checked\n')
}

/** `disks`, `web-data`; of what lies in another its name too: `web/GuestAttestation`. */
function shortOf(id: string): { type: string; name: string } {
  const parsed = parseResourceId(id)
  if (parsed === null) return { type: '', name: id }
  const type = typeOf(parsed).split('/').slice(1).join('/')
  return { type, name: parsed.names.join('/') }
}

import { createHash } from 'node:crypto'
import { ArmError, faults, keyOf } from '@trusted-launch/api'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { changeRefused } from '../vm/fixed.ts'
import { textAt } from '../vm/vm.ts'

/** Of one interface: unicast. IEEE 802-2014, 8.2. */
const UNICAST = /^[0-9A-F][02468ACE](?:-[0-9A-F]{2}){5}$/
const MEMBER = 'trustedLaunch.macAddress'

/**
 * The hardware address of an interface from now on: what it asks for in a member of ours, what it had, or one that
 * follows from its id. Whose it is stays written down, until that interface is gone or has another.
 * @throws {ArmError} it is none, another interface has it, or its VM is there.
 */
export async function hardwareAddressFor(
  tables: Pick<Tables, 'resources' | 'values'>,
  id: string,
  properties: JsonObject,
  existing: Resource | null,
): Promise<string> {
  const had = existing === null ? null : textAt(existing.state, 'macAddress')
  const asked = textAt(properties, ...MEMBER.split('.'))
  const wanted = asked?.replaceAll(':', '-').toUpperCase() ?? had ?? (await ownFor(tables, id))
  if (wanted === had) return had
  if (asked !== null && !UNICAST.test(wanted)) throw new ArmError(faults.invalidParameter(MEMBER))
  const isHeld = existing !== null && textAt(existing.state, 'virtualMachine', 'id') !== null
  if (isHeld) throw new ArmError(changeRefused(MEMBER))
  const holder = await holderOf(tables, id, wanted)
  if (holder !== null)
    throw new ArmError(
      faults.operationNotAllowed(`The interface ${holder.id} has ${wanted} already.`, MEMBER),
    )
  await tables.values.put(nameOf(wanted), new TextEncoder().encode(keyOf(id)))
  return wanted
}

/** The other interface that has it; null: none. */
async function holderOf(
  { resources, values }: Pick<Tables, 'resources' | 'values'>,
  id: string,
  address: string,
): Promise<Resource | null> {
  const held = await values.get(nameOf(address))
  const holder = held === null ? null : await resources.get(new TextDecoder().decode(held))
  const isOthers = holder !== null && keyOf(holder.id) !== keyOf(id)
  return isOthers && textAt(holder.state, 'macAddress') === address ? holder : null
}

function nameOf(address: string): string {
  return `hardware-address/${address}`
}

/** The first that follows from its id and is nobody else's. */
async function ownFor(tables: Pick<Tables, 'resources' | 'values'>, id: string): Promise<string> {
  for (let turn = 0; ; turn++) {
    const address = ownOf(turn === 0 ? id : `${id}#${turn}`)
    if ((await holderOf(tables, id, address)) === null) return address
  }
}

/** Locally administered, the same for the same text. */
function ownOf(text: string): string {
  const digest = createHash('sha256').update(text.toLowerCase()).digest()
  const own = [...digest.subarray(0, 3)].map((byte) => byte.toString(16).padStart(2, '0'))
  return ['52', '54', '00', ...own].join('-').toUpperCase()
}

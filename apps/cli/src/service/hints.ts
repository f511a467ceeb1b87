import { type Fault, keyOf } from '@trusted-launch/api'
import { nearest } from '../nearest.ts'
import type { Connection } from './connection.ts'
import { DEFAULT_GROUP } from './profile.ts'
import { hintOn, wordsOf } from './refusal-hints.ts'

/** Where there are lists of what there is, and what makes the first where there may be none. */
const LISTS: readonly [type: RegExp, command: string][] = [
  [/^Microsoft\.Network\/virtualNetworks\/[^/]+$/i, 'tl network list'],
  [/^Microsoft\.Network\/networkSecurityGroups\//i, 'tl network nsg list'],
  [/^Microsoft\.Compute\/virtualMachines\/[^/]+$/i, 'tl vm list'],
  [/^Microsoft\.Compute\/virtualMachineScaleSets\/[^/]+$/i, 'tl vmss list'],
  [/^Microsoft\.Compute\/galleries\/[^/]+$/i, 'tl gallery list'],
  [/^Microsoft\.Compute\/disks\//i, 'tl disk list'],
  [/^Microsoft\.Compute\/images\//i, 'tl image list'],
  [/\/operations\//i, 'tl operation list'],
  [/^TrustedLaunch\/policies\//i, 'tl policy list'],
  [/\/alertDestinations\//i, 'tl alert destination list'],
  [/\/alerts\//i, 'tl alert list'],
]

/** Of what is in something else there is a list in that. */
const INNER: readonly [type: RegExp, command: (...within: string[]) => string][] = [
  [
    /^Microsoft\.Compute\/galleries\/([^/]+)\/images\/([^/]+)\/versions\//i,
    (gallery, definition) => `tl gallery image-version list ${gallery} ${definition}`,
  ],
  [
    /^Microsoft\.Compute\/galleries\/([^/]+)\/images\//i,
    (gallery) => `tl gallery image-definition list ${gallery}`,
  ],
  [
    /^Microsoft\.Compute\/virtualMachineScaleSets\/([^/]+)\/virtualMachines\//i,
    (set) => `tl vmss instance list ${set}`,
  ],
  [/\/announcedUpdates\//i, () => 'tl announcement list'],
]

/** Of a scale set there may be none yet. */
const ROLLING = /virtualMachineScaleSets\/([^/]+)\/rollingUpgrades\/latest$/i

/** The plan of a scope: there is one or none, and no list. */
const PLAN = /\/monitoringPlans\//i
const NO_PLAN =
  'it has no plan of its own: tl plan set FILE makes one; tl plan show --vm NAME shows what holds for a VM'

const MISSING = /^The Resource '([^']+)' .*was not found/
const UNKNOWN_SIZE =
  /^(The value (\S+) provided for the VM size is not valid)\. The valid sizes[^:]*: ?(.*?)\.?(?: |$)/s
const NO_IMAGE = /^The platform image '([^:']+):([^:']+):/
const NO_GROUP = /^Resource group '([^']+)' could not be found/

/** The group that is meant when none is named comes with the first VM in it. */
const FIRST_VM =
  'nothing was made there yet: tl vm create --name web --image small makes a VM, and the group; --group NAME names another'

/**
 * A refusal in few words, and what to type next; null: there is nothing better than the words.
 *
 * @param connection null: nobody is let in, and nothing can be looked up.
 */
export async function adviceOn(
  fault: Fault,
  connection: Connection | null,
): Promise<{ message: string; hint: string | null }> {
  const size = UNKNOWN_SIZE.exec(fault.message)
  if (size !== null)
    return { message: `${size[1]}.`, hint: sizeHint(size[2]!, size[3]!.split(',')) }
  const message = wordsOf(fault)
  const known = hintOn(fault, {
    ownGroup: connection?.profile.group ?? DEFAULT_GROUP,
    vm: connection?.lastVm ?? null,
  })
  if (connection === null) return { message, hint: known }
  const [, publisher, offer] = NO_IMAGE.exec(message) ?? []
  if (offer !== undefined) return { message, hint: await imageHint(publisher!, offer, connection) }
  const missing = MISSING.exec(message)?.[1]
  if (missing !== undefined) return { message, hint: await missingHint(missing, connection) }
  const group = NO_GROUP.exec(message)?.[1]
  if (group !== undefined && keyOf(group) === keyOf(connection.profile.group))
    return { message, hint: FIRST_VM }
  if (group !== undefined) return { message, hint: await groupHint(group, connection) }
  return { message, hint: known }
}

function sizeHint(asked: string, sizes: readonly string[]): string {
  const near = nearest(asked, sizes)
  const all = 'tl size list --supported shows those that this host can give'
  return near.length === 0 ? all : `is it ${near.join(' or ')}? ${all}`
}

async function imageHint(
  publisher: string,
  offer: string,
  connection: Connection,
): Promise<string> {
  const near = nearest(offer, await offersOf(publisher, connection).catch(() => []))
  const show = 'tl image list shows the images'
  return near.length === 0 ? show : `is it ${near.join(' or ')}? ${show}`
}

async function offersOf(publisher: string, connection: Connection): Promise<string[]> {
  const at = `${connection.subscription}/providers/Microsoft.Compute/locations/${await connection.location()}`
  const path = `${at}/publishers/${encodeURIComponent(publisher)}/artifacttypes/vmimage/offers`
  const offers = (await connection.client.get(path)) as unknown as { name: string }[]
  return offers.map(({ name }) => name)
}

async function groupHint(group: string, connection: Connection): Promise<string> {
  const path = `${connection.subscription}/resourceGroups?$top=${LOOKED_AT_MAX}`
  const { value = [] }: any = await connection.client.get(path).catch(() => ({}))
  const near = nearest(
    group,
    value.map(({ name }: any) => String(name)),
  )
  const show = 'tl group list shows the groups'
  return near.length === 0 ? show : `is it ${near.join(' or ')}? ${show}`
}

/** `Microsoft.Compute/virtualMachines/web`, and what is called nearly so. */
async function missingHint(missing: string, connection: Connection): Promise<string> {
  if (PLAN.test(missing)) return NO_PLAN
  const set = ROLLING.exec(missing)?.[1]
  if (set !== undefined) return `there was none yet: tl vmss rolling-upgrade start ${set}`
  const inner = INNER.find(([type]) => type.test(missing))
  if (inner !== undefined)
    return `${inner[1](...inner[0].exec(missing)!.slice(1))} shows what there is`
  const command = LISTS.find(([type]) => type.test(missing))?.[1]
  if (command === undefined) return 'tl vm list shows what there is; --group NAME names a group'
  const show = `${command} shows what there is`
  const type = missing.slice(0, missing.lastIndexOf('/'))
  const name = missing.slice(type.length + 1)
  if (!/^Microsoft\.(?:Compute|Network)\//.test(type)) return show
  const found = await groupsByName(type, connection).catch(() => new Map<string, string>())
  const elsewhere = [...found].find(([one]) => keyOf(one) === keyOf(name))
  if (elsewhere !== undefined) return `it is in the group ${elsewhere[1]}: --group ${elsewhere[1]}`
  const near = nearest(name, [...found.keys()])
  return near.length === 0
    ? `${show}; --group NAME names a group`
    : `is it ${near.join(' or ')}? ${show}`
}

const LOOKED_AT_MAX = 1_000

async function groupsByName(type: string, connection: Connection): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const path = `${connection.subscription}/providers/${type}?$top=${LOOKED_AT_MAX}`
  const { value } = (await connection.client.get(path)) as {
    value?: { id: string; name: string }[]
  }
  for (const { id, name } of value ?? [])
    found.set(name, /\/resourceGroups\/([^/]+)/i.exec(id)?.[1] ?? '')
  return found
}

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { currentProfile } from '../service/profile.ts'
import { signingKeyNames } from '../signing-keys.ts'
import { defaultStateDirectory } from '../state-directory.ts'
import type { Kind } from './kinds.ts'

/** Whoever waits for a name types it. */
const LIMIT_MS = 2_000
/** A shell expands what it is given: nothing that it could see more in than a name. */
const NAME = /^[\w.:-]+$/
const OWN_IMAGES = '/publishers/trusted-launch/artifacttypes/vmimage/offers'

/** What is on the line before it. */
export interface Typed {
  /** The values that are no option's: of the VM `web` there are other drifts than of all. */
  readonly values: readonly string[]
  readonly group?: string
}

/** The names of a kind that the control plane tells in two seconds; none where it tells nothing. */
export async function namesOf(kind: Kind, typed: Typed = { values: [] }): Promise<string[]> {
  let connection: Connection | null = null
  try {
    if (kind === 'signing-key') return signingKeyNames()
    if (kind === 'machine') return readdirSync(join(defaultStateDirectory(), 'vms'))
    connection = new Connection(currentProfile().profile)
    const asked = LISTED[kind](connection, typed)
    const found = await Promise.race([asked, sleep(LIMIT_MS, [], { ref: false })])
    return [...new Set(found)].filter((name) => NAME.test(name))
  } catch {
    return []
  } finally {
    connection?.close()
  }
}

type Lister = (connection: Connection, typed: Typed) => Promise<string[]>

const nameOf = ({ name }: any) => String(name)
const COMPUTE = '/providers/Microsoft.Compute'
const VM = 'Microsoft.Compute/virtualMachines'
const SET = 'Microsoft.Compute/virtualMachineScaleSets'
const GALLERY = 'Microsoft.Compute/galleries'

/** A list of the subscription, or of the group that was typed. */
const inScope =
  (path: string): Lister =>
  async (connection, { group }) => {
    const scope = group === undefined ? connection.subscription : connection.group(group)
    return (await everything(connection.client.list(scope + path))).map(nameOf)
  }

/** A list of the subscription, wherever the line is about. */
const inAll =
  (path: string): Lister =>
  async ({ client, subscription }) =>
    (await everything(client.list(subscription + path))).map(nameOf)

/** A list below the resource that the first value names, and what of each is its name. */
const below =
  (type: string, path: string | ((values: readonly string[]) => string), name = nameOf): Lister =>
  async (connection, { values, group }) => {
    const parent = connection.resource(type, values[0]!, group)
    const list = parent + (typeof path === 'string' ? path : path(values))
    return (await everything<any>(connection.client.list(list))).map(name)
  }

const ofVm = (path: string, name = nameOf) => below(VM, `/providers/${path}`, name)

const ownImages = inScope(`${COMPUTE}/images`)

const LISTED: Readonly<Record<Exclude<Kind, 'machine' | 'signing-key'>, Lister>> = {
  vm: inScope(`/providers/${VM}`),
  set: inScope(`/providers/${SET}`),
  snapshot: inScope(`${COMPUTE}/snapshots`),
  'restore-point': below('Microsoft.Compute/restorePointCollections', '/restorePoints'),
  disk: inScope(`${COMPUTE}/disks`),
  network: inScope('/providers/Microsoft.Network/virtualNetworks'),
  nsg: inScope('/providers/Microsoft.Network/networkSecurityGroups'),
  gallery: inScope(`/providers/${GALLERY}`),
  'own-image': ownImages,
  image: async (connection, typed) => {
    const at = `${connection.subscription}${COMPUTE}/locations/${await connection.location()}`
    const offers = (await connection.client.get(at + OWN_IMAGES)) as unknown as object[]
    return [...offers.map(nameOf), ...(await ownImages(connection, typed))]
  },
  size: async ({ client, subscription }) => {
    const sizes = await everything<any>(client.list(`${subscription}${COMPUTE}/skus`))
    return sizes.filter(({ restrictions }) => restrictions.length === 0).map(nameOf)
  },
  group: inAll('/resourceGroups'),
  binding: inAll('/providers/TrustedLaunch/imageBindings'),
  operation: inAll('/providers/TrustedLaunch/operations?unfinished=true'),
  alert: inAll('/providers/Microsoft.Security/alerts'),
  destination: inAll('/providers/TrustedLaunch/alertDestinations'),
  suppression: inAll('/providers/Microsoft.Security/alertsSuppressionRules'),
  policy: inAll('/providers/TrustedLaunch/policies'),
  announcement: inAll('/providers/TrustedLaunch/announcedUpdates'),
  drift: ofVm('TrustedLaunch/drift'),
  reference: ofVm('TrustedLaunch/referenceValues'),
  evidence: ofVm('TrustedLaunch/evidence'),
  recommendation: ofVm('Microsoft.Security/assessments', ({ properties }) =>
    String(properties.additionalData.recommendation),
  ),
  instance: below(SET, '/virtualMachines', ({ instanceId }) => String(instanceId)),
  definition: below(GALLERY, '/images'),
  version: below(GALLERY, (values) => `/images/${values[1]}/versions`),
  deployment: async (connection, { group }) => {
    const path = `${connection.group(group)}/providers/Microsoft.Resources/deployments`
    return (await everything(connection.client.list(path))).map(nameOf)
  },
}

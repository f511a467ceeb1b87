import { randomUUID } from 'node:crypto'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { readDurably, writeDurably } from '@trusted-launch/host'
import { SUBSCRIPTION } from '../domain/groups.ts'
import type { Principal, Resource, Store, Tables } from '../domain/store.ts'
import { ROLE_ASSIGNMENT_TYPE } from './authorizer.ts'
import { ATTESTATION_CONTRIBUTOR, OWNER, type RoleDefinition } from './role-definitions.ts'
import type { SealedValues } from './sealed-values.ts'
import { hashSecret, isSecret, newSecret } from './secret.ts'

/** The first of an installation: a service principal that owns all of it, and may read evidence. */
export interface Administrator {
  readonly tenantId: string
  readonly subscriptionId: string
  readonly clientId: string
  readonly clientSecret: string
}

/** What `admin.json` tells: everything that Azure's clients need to be given. */
export interface AdminFile extends Administrator {
  /** `https://HOST:PORT` */
  readonly endpoint: string
  /** Absolute path, PEM. */
  readonly caFile: string
  readonly authorityHost: string
  readonly location: string
}

/** What an installation is, once and for all. */
interface Installation {
  readonly tenantId: string
  readonly subscriptionId: string
  readonly clientId: string
  readonly objectId: string
}

const INSTALLATION = 'installation'
const SECRET = 'administrator/secret'
const FILE_MAX = 65_536

/**
 * Tenant, subscription and administrator: made at the first start, the same at every other and for every service
 * on the database. The file keeps the secret, the database its hash, and the secret itself sealed: so a service
 * beside the first has it too. Where none of them is right a new one is made. An administrator that was deleted
 * stays so, and the secret is empty then.
 */
export async function firstRun(
  store: Store,
  sealed: SealedValues,
  adminFile: string,
  at: number,
): Promise<Administrator> {
  if ((await store.values.get(INSTALLATION)) === null) await install(store, sealed, at)
  const installation = fromBytes<Installation>((await store.values.get(INSTALLATION))!)
  const { tenantId, subscriptionId, clientId } = installation
  const clientSecret = await secretOf(store, sealed, installation, adminFile)
  return { tenantId, subscriptionId, clientId, clientSecret }
}

/** A new secret of a principal: that of the administrator is what `admin.json` has after the next start. */
export async function keepSecret(
  { values }: Pick<Tables, 'values'>,
  sealed: SealedValues,
  principalId: string,
  secret: string,
): Promise<void> {
  const bytes = await values.get(INSTALLATION)
  const isAdministrator = bytes !== null && fromBytes<Installation>(bytes).objectId === principalId
  if (isAdministrator) await sealed.on(values).put(SECRET, toUtf8(secret))
}

/** All of it at once: who starts after one that was cut off finds all of it, or nothing. */
async function install(store: Store, sealed: SealedValues, at: number): Promise<void> {
  const installation = newInstallation()
  const { subscriptionId, clientId, objectId } = installation
  const secret = newSecret()
  const administrator: Principal = {
    ...{ id: objectId, signInName: clientId, kind: 'service', displayName: 'administrator' },
    ...{ disabled: false, createdAt: at, secretHash: await hashSecret(secret) },
  }
  await store.transaction(async (tables) => {
    if (!(await tables.values.putNew(INSTALLATION, toBytes(installation)))) return
    await tables.principals.put(administrator)
    await keepSecret(tables, sealed, objectId, secret)
    await make(tables, subscriptionOf(subscriptionId), at)
    for (const role of [OWNER, ATTESTATION_CONTRIBUTOR])
      await make(tables, assignmentOf(objectId, role), at)
  })
}

/** Written by rename, 0600: readers see the former one or this one, whole. */
export async function writeAdminFile(path: string, admin: AdminFile): Promise<void> {
  await writeDurably(path, toBytes(admin), 0o600)
}

function newInstallation(): Installation {
  return {
    tenantId: randomUUID(),
    subscriptionId: randomUUID(),
    clientId: randomUUID(),
    objectId: randomUUID(),
  }
}

type Making = Pick<Resource, 'id' | 'type' | 'name' | 'subscriptionId' | 'parentId' | 'properties'>

function subscriptionOf(subscriptionId: string): Making {
  const id = `/subscriptions/${subscriptionId}`
  return {
    ...{ id, type: SUBSCRIPTION, name: subscriptionId, subscriptionId },
    parentId: null,
    properties: {},
  }
}

/** At the root: also of subscriptions that are yet to be made, and of the host. */
function assignmentOf(principalId: string, role: RoleDefinition): Making {
  const name = randomUUID()
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${role.name}`
  return {
    ...{ name, type: ROLE_ASSIGNMENT_TYPE, subscriptionId: '', parentId: '/' },
    id: `/providers/${ROLE_ASSIGNMENT_TYPE}/${name}`,
    properties: { principalId, principalType: 'ServicePrincipal', roleDefinitionId, scope: '/' },
  }
}

async function make({ resources }: Tables, what: Making, at: number): Promise<void> {
  const rest = { resourceGroup: null, location: null, tags: {}, envelope: {}, state: {} }
  await resources.insert({ ...what, ...rest, provisioningState: 'Succeeded', createdAt: at }, at)
}

/** The one in the file while it is right, else the sealed one while that is, else a new one; of nobody: none. */
async function secretOf(
  { principals }: Store,
  sealed: SealedValues,
  { clientId, objectId }: Installation,
  file: string,
): Promise<string> {
  const known = await principals.get(objectId)
  if (known === null) return ''
  const shared = await sealed.get(SECRET)
  const kept = shared === null ? null : fromUtf8(shared)
  for (const one of [await secretIn(file, clientId), kept]) {
    if (one === null || !(await isSecret(one, known.secretHash))) continue
    if (one !== kept) await sealed.put(SECRET, toUtf8(one))
    return one
  }
  const clientSecret = newSecret()
  await sealed.put(SECRET, toUtf8(clientSecret))
  await principals.put({ ...known, secretHash: await hashSecret(clientSecret) })
  return clientSecret
}

/** Null: no file, or another's, or not whole. */
async function secretIn(file: string, clientId: string): Promise<string | null> {
  const bytes = await readDurably(file, FILE_MAX)
  if (bytes === null) return null
  try {
    const admin = fromBytes<Partial<AdminFile>>(bytes)
    const isOurs = admin.clientId === clientId && typeof admin.clientSecret === 'string'
    return isOurs ? admin.clientSecret! : null
  } catch {
    return null
  }
}

function toBytes(value: object): Uint8Array {
  return toUtf8(`${JSON.stringify(value, null, 2)}\n`)
}

function fromBytes<T>(bytes: Uint8Array): T {
  return JSON.parse(fromUtf8(bytes)) as T
}

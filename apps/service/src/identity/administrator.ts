import { randomUUID } from 'node:crypto'
import { readDurably, writeDurably } from '@trusted-launch/host'
import { SUBSCRIPTION } from '../domain/groups.ts'
import type { Store, Tables } from '../domain/store.ts'
import { ROLE_ASSIGNMENT_TYPE } from './authorizer.ts'
import { hashSecret, isSecret, newSecret } from './secret.ts'

/** The first of an installation: a service principal that owns its first subscription. */
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

const INSTALLATION = 'installation'
const OWNER = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'
const FILE_MAX = 65_536

/**
 * Tenant, subscription and administrator: made at the first start, the same at every other. Only the secret's
 * hash is in the database: the file keeps it, and where the file is gone or another's a new one is made.
 */
export async function firstRun(
  store: Store,
  adminFile: string,
  at: number,
): Promise<Administrator> {
  const made = { tenantId: randomUUID(), subscriptionId: randomUUID(), clientId: randomUUID() }
  await store.values.putNew(INSTALLATION, toBytes(made))
  const ids = fromBytes<typeof made>((await store.values.get(INSTALLATION))!)
  await store.transaction((tables) => makeSubscription(tables, ids, at))
  const clientSecret = await secretOf(store, ids.clientId, adminFile, at)
  return { ...ids, clientSecret }
}

/** Written by rename, 0600: readers see the former one or this one, whole. */
export async function writeAdminFile(path: string, admin: AdminFile): Promise<void> {
  await writeDurably(path, toBytes(admin), 0o600)
}

async function makeSubscription(
  { resources }: Tables,
  { subscriptionId, clientId }: Omit<Administrator, 'clientSecret'>,
  at: number,
): Promise<void> {
  const id = `/subscriptions/${subscriptionId}`
  if ((await resources.get(id)) !== null) return
  const common = { subscriptionId, resourceGroup: null, location: null, tags: {}, envelope: {} }
  const done = { provisioningState: 'Succeeded' as const, createdAt: at }
  await resources.insert(
    {
      id,
      type: SUBSCRIPTION,
      name: subscriptionId,
      parentId: null,
      ...common,
      properties: {},
      state: {},
      ...done,
    },
    at,
  )
  const name = randomUUID()
  const properties = {
    principalId: clientId,
    principalType: 'ServicePrincipal',
    roleDefinitionId: `${id}/providers/Microsoft.Authorization/roleDefinitions/${OWNER}`,
    scope: id,
  }
  const assignment = `${id}/providers/${ROLE_ASSIGNMENT_TYPE}/${name}`
  await resources.insert(
    {
      id: assignment,
      type: ROLE_ASSIGNMENT_TYPE,
      name,
      parentId: id,
      ...common,
      properties,
      state: {},
      ...done,
    },
    at,
  )
}

/** The one in the file while it is right, else a new one. */
async function secretOf(store: Store, clientId: string, file: string, at: number): Promise<string> {
  const principal = await store.principals.get(clientId)
  const kept = await secretIn(file, clientId)
  if (kept !== null && (await isSecret(kept, principal?.secretHash ?? null))) return kept
  const clientSecret = newSecret()
  await store.principals.put({
    ...{ id: clientId, signInName: clientId, kind: 'service', displayName: 'administrator' },
    ...{ secretHash: await hashSecret(clientSecret), disabled: false, createdAt: at },
  })
  return clientSecret
}

async function secretIn(file: string, clientId: string): Promise<string | null> {
  const bytes = await readDurably(file, FILE_MAX)
  if (bytes === null) return null
  try {
    const admin = fromBytes<Partial<AdminFile>>(bytes)
    return admin.clientId === clientId ? (admin.clientSecret ?? null) : null
  } catch {
    return null
  }
}

function toBytes(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
}

function fromBytes<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes))
}

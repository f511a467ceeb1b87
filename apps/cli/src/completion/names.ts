import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '../service/connection.ts'
import { DISK } from '../service/disk-holders.ts'
import { everything } from '../service/everything.ts'
import { VM } from '../service/new-vm.ts'
import { currentProfile } from '../service/profile.ts'
import type { Kind } from './kinds.ts'

/** Whoever waits for a name types it. */
const LIMIT_MS = 2_000
/** A shell expands what it is given: nothing that it could see more in than a name. */
const NAME = /^[\w.-]+$/
const OWN_IMAGES = '/publishers/trusted-launch/artifacttypes/vmimage/offers'

/** The names of a kind that the control plane tells in two seconds; none where it tells nothing. */
export async function namesOf(kind: Kind): Promise<string[]> {
  let connection: Connection | null = null
  try {
    connection = new Connection(currentProfile().profile)
    const asked = listed(connection, kind)
    const found = await Promise.race([asked, sleep(LIMIT_MS, [], { ref: false })])
    return found.map(({ name }) => String(name)).filter((name) => NAME.test(name))
  } catch {
    return []
  } finally {
    connection?.close()
  }
}

const PATHS: Readonly<Record<Exclude<Kind, 'image' | 'size'>, string>> = {
  vm: `/providers/${VM}`,
  disk: `/providers/${DISK}`,
  group: '/resourceGroups',
  operation: '/providers/TrustedLaunch/operations?unfinished=true',
  alert: '/providers/Microsoft.Security/alerts',
}

async function listed(connection: Connection, kind: Kind): Promise<{ name?: unknown }[]> {
  const { client, subscription } = connection
  if (kind === 'size') {
    const sizes = await everything(client.list(`${subscription}/providers/Microsoft.Compute/skus`))
    return sizes.filter(({ restrictions }: any) => restrictions.length === 0)
  }
  if (kind !== 'image') return everything(client.list(subscription + PATHS[kind]))
  const at = `${subscription}/providers/Microsoft.Compute/locations/${await connection.location()}`
  const own = (await client.get(at + OWN_IMAGES)) as unknown as { name: string }[]
  const images = `${subscription}/providers/Microsoft.Compute/images`
  return [...own, ...(await everything(client.list(images)))]
}

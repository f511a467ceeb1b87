import type { JsonObject } from '../store.ts'
import { at, textAt } from './vm.ts'

/** What cloud-init is given at the first boot, as NoCloud's two files. */
export interface Seed {
  readonly userData: string
  readonly metaData: string
}

/** What a VM's seed is kept as, sealed. */
export const seedName = (vmId: string) => `seed/${vmId}`

/**
 * A Windows VM's `osProfile` for cloudbase-init, which reads the same two files: host name, one administrator with
 * a password in clear, and the client's own `customData` beside it. @see cloudbase-init, "NoCloud", "Userdata"
 */
export function windowsSeedOf(vmId: string, properties: JsonObject): Seed {
  const os = at(properties, 'osProfile')
  const name = textAt(os, 'computerName') ?? 'vm'
  const user = {
    name: textAt(os, 'adminUsername'),
    groups: 'Administrators',
    passwd: textAt(os, 'adminPassword'),
  }
  const config = { set_hostname: name, users: [user] }
  return seedWith(vmId, name, config, textAt(os, 'customData'))
}

/**
 * A VM's `osProfile` for cloud-init: host name, one administrator with keys or a password (as a hash), and the
 * client's own `customData` beside it.
 * @param passwordHash of crypt(5), or null. @see cloud-init, "NoCloud", "User data formats"
 */
export function seedOf(vmId: string, properties: JsonObject, passwordHash: string | null): Seed {
  const os = at(properties, 'osProfile')
  const name = textAt(os, 'computerName') ?? 'vm'
  const user = {
    name: textAt(os, 'adminUsername') ?? 'azureuser',
    sudo: 'ALL=(ALL) NOPASSWD:ALL',
    groups: ['sudo', 'adm'],
    shell: '/bin/bash',
    lock_passwd: passwordHash === null,
    ...(passwordHash !== null && { hashed_passwd: passwordHash }),
    ssh_authorized_keys: keysOf(os),
  }
  const config = {
    hostname: name,
    users: [user],
    ssh_pwauth:
      passwordHash !== null &&
      at(os, 'linuxConfiguration', 'disablePasswordAuthentication') !== true,
  }
  return seedWith(vmId, name, config, textAt(os, 'customData'))
}

function seedWith(vmId: string, name: string, config: object, customData: string | null): Seed {
  const own = `#cloud-config\n${JSON.stringify(config, null, 1)}\n`
  const metaData = `${JSON.stringify({ 'instance-id': vmId, 'local-hostname': name })}\n`
  return { userData: withCustomData(own, customData), metaData }
}

function keysOf(os: ReturnType<typeof at>): string[] {
  const keys = at(os, 'linuxConfiguration', 'ssh', 'publicKeys')
  return Array.isArray(keys) ? keys.flatMap((key) => textAt(key, 'keyData') ?? []) : []
}

const BOUNDARY = 'trusted-launch-user-data'

/** What the client gave is a part of its own: cloud-init knows by its first line what it is. */
function withCustomData(own: string, customData: string | null): string {
  if (customData === null) return own
  const parts = [
    ['text/cloud-config', 'trusted-launch.cfg', Buffer.from(own).toString('base64')],
    ['text/plain', 'custom-data', customData.replace(/\s/g, '')],
  ]
  const body = parts.map(
    ([type, name, text]) =>
      `--${BOUNDARY}\nContent-Type: ${type}\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="${name}"\n\n${text}\n`,
  )
  return `Content-Type: multipart/mixed; boundary="${BOUNDARY}"\nMIME-Version: 1.0\n\n${body.join('')}--${BOUNDARY}--\n`
}

/** What a VM was given once, by its seed: its password, as a hash of crypt(5) or for Windows itself, and its `customData`. */
export interface Given {
  readonly password: string | null
  readonly customData: string | null
}

/** Null: a VM of a system that ran before, which was given nothing. */
export function givenBy(seed: Seed | null): Given {
  if (seed === null) return { password: null, customData: null }
  const [own, customData] = partsOf(seed.userData)
  const [user] = JSON.parse(own.slice(own.indexOf('\n'))).users
  return { password: user.hashed_passwd ?? user.passwd ?? null, customData }
}

/** Of {@link withCustomData}. */
function partsOf(userData: string): [own: string, customData: string | null] {
  if (!userData.startsWith('Content-Type: multipart/')) return [userData, null]
  const [own, customData] = userData
    .split(`--${BOUNDARY}`)
    .slice(1, 3)
    .map((part) => part.split('\n\n')[1]!.trim())
  return [Buffer.from(own!, 'base64').toString(), customData!]
}

/** Of a hash of crypt(5) with SHA-512; null: it is none. */
export function saltIn(hash: string | null): string | null {
  return /^\$6\$([./\w]{1,16})\$/.exec(hash ?? '')?.[1] ?? null
}

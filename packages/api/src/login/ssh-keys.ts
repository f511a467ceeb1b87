import type { Fault } from '../fault.ts'
import { faults } from '../faults.ts'

const KEY_DATA = /^(ssh-rsa|ssh-ed25519) ([A-Za-z0-9+/]{16,16384}={0,2})(?: [^\r\n]*)?$/
const RSA_BITS_MIN = 2048
const ED25519_BYTES = 32
const PARTS_MAX = 3
const LENGTH_BYTES = 4

/** Why an administrator can't log in with this line of an `authorized_keys` file, or null: ed25519, or RSA of 2,048 bits. */
export function keyDataFault(keyData: string): Fault | null {
  const [, type, base64] = KEY_DATA.exec(keyData.trim()) ?? []
  const isGood = type !== undefined && isKey(type, bytesOf(base64!))
  return isGood ? null : faults.invalidParameter('linuxConfiguration.ssh.publicKeys.keyData')
}

/** Azure puts keys into the administrator's own file alone. */
export function keyPathFault(path: string, administrator: string): Fault | null {
  const own = `/home/${administrator}/.ssh/authorized_keys`
  if (path === own) return null
  return {
    status: 400,
    code: 'InvalidParameter',
    message: `Destination path for SSH public keys is currently limited to its default value ${own}  due to a known issue in Linux provisioning agent.`,
    target: 'linuxConfiguration.ssh.publicKeys.path',
  }
}

/** RFC 4253, 6.6 (`ssh-rsa`: e, n); RFC 8709, 4 (`ssh-ed25519`: key). */
function isKey(type: string, blob: Uint8Array): boolean {
  const [name, first, second, ...more] = partsOf(blob) ?? []
  if (name === undefined || textOf(name) !== type || more.length > 0) return false
  if (type === 'ssh-ed25519') return first?.length === ED25519_BYTES && second === undefined
  return first !== undefined && second !== undefined && bitsOf(second) >= RSA_BITS_MIN
}

/** Null: no list of strings. RFC 4251, 5. */
function partsOf(blob: Uint8Array): Uint8Array[] | null {
  const view = new DataView(blob.buffer)
  const parts: Uint8Array[] = []
  for (let at = 0; at < blob.length && parts.length <= PARTS_MAX; ) {
    if (blob.length - at < LENGTH_BYTES) return null
    const end = at + LENGTH_BYTES + view.getUint32(at)
    if (end > blob.length) return null
    parts.push(blob.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  return parts
}

/** Of what is no base64: none. */
function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  } catch {
    return new Uint8Array()
  }
}

function bitsOf(integer: Uint8Array): number {
  const start = integer.findIndex((byte) => byte !== 0)
  if (start < 0) return 0
  return (integer.length - start) * 8 - Math.clz32(integer[start]!) + 24
}

function textOf(ascii: Uint8Array): string {
  return String.fromCharCode(...ascii)
}

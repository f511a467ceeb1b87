import { BlockList, isIP } from 'node:net'
import { ArmError, type Fault } from '@trusted-launch/api'

/** Where the bytes of an image or disk come from: an upload to this service, or an address of an allowed host. */
export type Source =
  | { readonly kind: 'upload'; readonly id: string }
  | { readonly kind: 'url'; readonly url: string }

/** Where the bytes of a disk come from: these, another disk, a snapshot, or a disk of a restore point (null: its VM's own). */
export type DiskSource =
  | Source
  | { readonly kind: 'disk'; readonly id: string }
  | { readonly kind: 'snapshot'; readonly id: string }
  | { readonly kind: 'restorePoint'; readonly id: string; readonly lun: number | null }

/** Where the bytes of an image come from: these, a disk, or the own disk of a machine that does not run. */
export type ImageSource =
  | Exclude<DiskSource, { kind: 'restorePoint' }>
  | { readonly kind: 'machine'; readonly id: string }

/** A host that the operator lets bytes be fetched from. */
export interface AllowedSource {
  readonly protocol: 'https:' | 'http:'
  readonly hostname: string
  readonly port: string
  /** Whether it may be on a private network or on this machine. */
  readonly isPrivate: boolean
}

const URI_MAX = 2048
const UPLOAD = /^upload:([\w.-]{1,80})$/

/** `HOST`, `HOST:PORT`, or `http://HOST[:PORT]` for one without TLS. @throws {TypeError} */
export function parseAllowedSource(text: string, isPrivate: boolean): AllowedSource {
  const whole = /^https?:\/\//i.test(text) ? text : `https://${text}`
  const url = URL.canParse(whole) ? new URL(whole) : null
  const isPlain = url !== null && url.pathname === '/' && url.search === '' && url.username === ''
  if (!isPlain || url.hostname === '') throw new TypeError(`${text} is no host: HOST[:PORT]`)
  return {
    protocol: url.protocol as AllowedSource['protocol'],
    ...{ hostname: url.hostname, port: url.port, isPrivate },
  }
}

/** The entry that allows an address, or null. */
export function allowedSource(
  allowed: readonly AllowedSource[],
  { protocol, hostname, port }: URL,
): AllowedSource | null {
  return (
    allowed.find(
      (one) => one.protocol === protocol && one.hostname === hostname && one.port === port,
    ) ?? null
  )
}

/**
 * What a `sourceUri` or `blobUri` means: `upload:NAME` of the same resource group, or an address of an allowed host.
 * @throws {ArmError} neither.
 */
export function sourceOf(
  uri: string,
  group: string,
  allowed: readonly AllowedSource[],
  target: string,
): Source {
  const name = UPLOAD.exec(uri)?.[1]
  if (name !== undefined) return { kind: 'upload', id: uploadId(group, name) }
  const url = uri.length <= URI_MAX && URL.canParse(uri) ? new URL(uri) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new ArmError(
      notTaken(`'${uri.slice(0, 200)}' is no address that is fetched from`, target),
    )
  if (allowedSource(allowed, url) === null)
    throw new ArmError(
      notTaken(
        `Nothing is fetched from ${url.origin}: its operator allows a host with tl up --allow-source ${url.host}`,
        target,
      ),
    )
  return { kind: 'url', url: url.href }
}

export function uploadId(group: string, name: string): string {
  return `${group}/providers/TrustedLaunch/uploads/${name}`
}

function notTaken(message: string, target: string): Fault {
  return { status: 400, code: 'InvalidParameter', message: `${message}.`, target }
}

const never = new BlockList()
for (const [net, bits] of [
  ['169.254.0.0', 16],
  ['0.0.0.0', 8],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  never.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of [
  ['fe80::', 10],
  ['ff00::', 8],
  ['::', 128],
  ['64:ff9b::', 96],
  ['2002::', 16],
] as const)
  never.addSubnet(net, bits, 'ipv6')

const inner = new BlockList()
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
] as const)
  inner.addSubnet(net, bits, 'ipv4')
inner.addAddress('::1', 'ipv6')
inner.addSubnet('fc00::', 7, 'ipv6')

/**
 * Whether a host's address may be connected to: never link-local, unspecified, multicast or translated ones; those
 * of private networks and of this machine only where the operator said so of the host.
 */
export function isAddressAllowed(
  address: string,
  { isPrivate }: Pick<AllowedSource, 'isPrivate'>,
): boolean {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
  const family = isIP(plain)
  if (family === 0) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  if (type === 'ipv6' && /^::ffff:/i.test(plain)) return false
  if (never.check(plain, type)) return false
  return isPrivate || !inner.check(plain, type)
}

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { blockNumberOf } from '../accounts.ts'
import { formatAddress, numberOf } from './plan.ts'

/** Networks of one state directory. */
export const NETWORKS_MAX = 512
/** Where the kernel's network namespaces have names; ip-netns(8). */
export const NAMESPACES = '/run/netns'
/** What is only good until the machine starts anew. */
const RUN = '/run/trusted-launch'
/**
 * Addresses between hosts and their networks' namespaces, two for each network: nobody's on the Internet.
 * @see RFC 6598 (100.64.0.0/10), RFC 3021 (/31)
 */
export const UPLINKS = '100.64.0.0/10'

/** The interface of a network's namespace that leads out. */
export const UPLINK = 'uplink'
/** The one whose frames are those of a bridge of the host. */
export const LAN = 'lan'
/** The one below it, where they have a tag there. */
export const TRUNK = 'trunk'

/** What a network is called on its host, all by its state directory and its number there: found again by whoever comes next. */
export interface NetworkNames {
  readonly namespace: string
  /** Of the namespace, as a file. */
  readonly namespacePath: string
  /** The host's end of the uplink. */
  readonly hostEnd: string
  /** The host's end of what is on a bridge of the host. */
  readonly lanEnd: string
  /** Hardware addresses of that end and of the network's: the same after a start anew, for who remembers them. */
  readonly lanEndMac: string
  readonly lanMac: string
  /** The host's own rules for it, a table of nft(8). */
  readonly table: string
  readonly hostAddress: string
  readonly address: string
  /** A folder for what its name service reads. */
  readonly folder: string
}

/** @param slot below {@link NETWORKS_MAX} */
export function namesOf(stateDirectory: string, slot: number): NetworkNames {
  const block = blockNumberOf(stateDirectory)
  const tag = block.toString(16).padStart(3, '0')
  const first = (numberOf(UPLINKS.split('/')[0]!) >>> 0) + 2 * (NETWORKS_MAX * block + slot)
  return {
    namespace: `${prefixOf(stateDirectory)}${slot}`,
    namespacePath: `${NAMESPACES}/${prefixOf(stateDirectory)}${slot}`,
    hostEnd: `tl${tag}n${slot}`,
    lanEnd: `tl${tag}l${slot}`,
    // The highest there is on a bridge, so that it never becomes the bridge's own.
    lanEndMac: `fe:${stationOf(stateDirectory, slot)}`,
    lanMac: `02:${stationOf(stateDirectory, slot)}`,
    table: `trusted_launch_${tag}_${slot}`,
    hostAddress: formatAddress(first),
    address: formatAddress(first + 1),
    folder: `${RUN}/${tag}-${slot}`,
  }
}

/** Another one on every host and in every network. */
function stationOf(stateDirectory: string, slot: number): string {
  const of = createHash('sha256').update(`${machineId()}\0${resolve(stateDirectory)}\0${slot}`)
  return of
    .digest('hex')
    .slice(0, 10)
    .replace(/..(?=.)/g, '$&:')
}

/** machine-id(5); a host without one is told from others by its folders alone. */
function machineId(): string {
  return existsSync('/etc/machine-id') ? readFileSync('/etc/machine-id', 'utf8').trim() : ''
}

/** How the names of a state directory's namespaces begin. */
export function prefixOf(stateDirectory: string): string {
  return `trusted-launch-${blockNumberOf(stateDirectory).toString(16).padStart(3, '0')}-`
}

/** Which network of that state directory has this namespace; null: none. */
export function slotOf(stateDirectory: string, namespace: string): number | null {
  const name = basename(namespace)
  const prefix = prefixOf(stateDirectory)
  return name.startsWith(prefix) && /^\d{1,3}$/.test(name.slice(prefix.length))
    ? Number(name.slice(prefix.length))
    : null
}

/** The interface that a VM's QEMU opens, by its account: no other account may. */
export function tapOf(uid: number): string {
  return `tap${uid}`
}

/** The bridge of a subnet: `br0a000000-24`. */
export function bridgeOf(prefix: string): string {
  const [base = '', length = ''] = prefix.split('/')
  return `br${(numberOf(base) >>> 0).toString(16).padStart(8, '0')}-${length}`
}

import { MachineError } from './machine/errors.ts'
import { formatAddress, holds, isPrefix, NETWORK_ID, numberOf } from './networks/plan.ts'

/** A TCP port of the guest that is reached through one of the host's loopback. */
export interface Forward {
  readonly hostAddress: '127.0.0.1'
  /** 1 to 65535; nobody else may listen there. */
  readonly hostPort: number
  readonly guestPort: number
}

/**
 * A network behind QEMU itself (SLIRP), IPv4 only: the guest is 10.0.2.15 by DHCP, the way out 10.0.2.2, names are
 * resolved by 10.0.2.3. Guests do not reach each other, and nobody reaches a guest but through `forwards`.
 *
 * SLIRP by itself lets a guest connect to whatever QEMU can connect to: to what listens on the host's loopback,
 * as 10.0.2.2, too. As root and with nft(8) the host closes its own addresses to its VMs' accounts
 * (`closeLoopback`), all but port 53, where names may be resolved; else it says that they are open.
 */
export interface UserNetwork {
  readonly kind: 'user'
  /** Six octets, `52:54:00:12:34:56`; a unicast address. */
  readonly mac: string
  /** At most {@link FORWARDS_MAX}. */
  readonly forwards: readonly Forward[]
  /** The guest reaches nothing at all and is reached through `forwards` only; by default it reaches out. */
  readonly restrict?: boolean
  /** Its own addresses, in place of those above. */
  readonly addresses?: GuestAddresses
}

/** Where a guest finds itself and its router; names are resolved by the subnet's third address. */
export interface GuestAddresses {
  /** `10.0.0.0/24`, as of `SubnetPlan`. */
  readonly prefix: string
  readonly router: string
  readonly address: string
}

/** A network that the host makes (`Networks`): the VM must have its part in that plan before it starts. */
export interface BridgedNetwork {
  readonly kind: 'bridged'
  /** As the plan has it. */
  readonly mac: string
  /** The network's id. */
  readonly network: string
}

export type MachineNetwork = UserNetwork | BridgedNetwork

/** More ports of one VM than this are not forwarded. */
export const FORWARDS_MAX = 64
const MAC = /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/

/** @throws {MachineError} `machine-bad-spec` */
export function checkNetwork(network: MachineNetwork): void {
  if (!MAC.test(network.mac)) throw new MachineError('machine-bad-spec', 'network.mac')
  if (network.kind === 'user') checkUserNetwork(network)
  else if (network.kind !== 'bridged') throw new MachineError('machine-bad-spec', 'network.kind')
  else if (!NETWORK_ID.test(network.network))
    throw new MachineError('machine-bad-spec', 'network.network')
}

function checkUserNetwork({ forwards, addresses }: UserNetwork): void {
  if (addresses !== undefined && !areAddresses(addresses))
    throw new MachineError('machine-bad-spec', 'network.addresses')
  if (forwards.length > FORWARDS_MAX) throw new MachineError('machine-bad-spec', 'network.forwards')
  for (const { hostAddress, hostPort, guestPort } of forwards)
    if (hostAddress !== '127.0.0.1' || !isPort(hostPort) || !isPort(guestPort))
      throw new MachineError('machine-bad-spec', 'network.forwards')
}

/** What QEMU calls it. */
export const NETWORK = 'net0'

/**
 * QEMU's `-netdev`.
 * @param tap the interface that it opens, of a bridged network.
 */
export function netdevOf(network: MachineNetwork, tap: string | null): string {
  if (network.kind === 'user') return userNetdev(network)
  return `tap,id=${NETWORK},ifname=${tap},script=no,downscript=no`
}

function userNetdev({ forwards, restrict = false, addresses }: UserNetwork): string {
  const ports = forwards.map(
    ({ hostAddress, hostPort, guestPort }) =>
      `,hostfwd=tcp:${hostAddress}:${hostPort}-:${guestPort}`,
  )
  return `user,id=${NETWORK},ipv6=off,restrict=${restrict ? 'on' : 'off'}${within(addresses)}${ports.join('')}`
}

function within(addresses: GuestAddresses | undefined): string {
  if (addresses === undefined) return ''
  const { prefix, router, address } = addresses
  const names = formatAddress(numberOf(prefix.split('/')[0]!) + 3)
  return `,net=${prefix},host=${router},dns=${names},dhcpstart=${address}`
}

function areAddresses({ prefix, router, address }: GuestAddresses): boolean {
  return isPrefix(prefix, 8, 29) && [router, address].every((each) => holds(prefix, each))
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535
}

import { MachineError } from './machine/errors.ts'

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
}

/** More ports of one VM than this are not forwarded. */
export const FORWARDS_MAX = 64
const MAC = /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/

/** @throws {MachineError} `machine-bad-spec` */
export function checkNetwork({ kind, mac, forwards }: UserNetwork): void {
  if (kind !== 'user') throw new MachineError('machine-bad-spec', 'network.kind')
  if (!MAC.test(mac)) throw new MachineError('machine-bad-spec', 'network.mac')
  if (forwards.length > FORWARDS_MAX) throw new MachineError('machine-bad-spec', 'network.forwards')
  for (const { hostAddress, hostPort, guestPort } of forwards)
    if (hostAddress !== '127.0.0.1' || !isPort(hostPort) || !isPort(guestPort))
      throw new MachineError('machine-bad-spec', 'network.forwards')
}

/** What QEMU calls it. */
export const NETWORK = 'net0'

/** QEMU's `-netdev`. */
export function netdevOf({ forwards, restrict = false }: UserNetwork): string {
  const ports = forwards.map(
    ({ hostAddress, hostPort, guestPort }) =>
      `,hostfwd=tcp:${hostAddress}:${hostPort}-:${guestPort}`,
  )
  return `user,id=${NETWORK},ipv6=off,restrict=${restrict ? 'on' : 'off'}${ports.join('')}`
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535
}

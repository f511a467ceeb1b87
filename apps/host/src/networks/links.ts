import { existsSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { bridgeOf, type NetworkNames, UPLINK } from './names.ts'
import { type NetworkPlan, subnetOf } from './plan.ts'
import type { PluggedInterface } from './rules.ts'

/** The hardware address of every router, as Azure's: a guest that is moved sees the same. */
const ROUTER_MAC = '12:34:56:78:9a:bc'

/**
 * Lines for `ip -batch` in a network's namespace that bring its interfaces from what is there to what is planned.
 * @param present the names of the interfaces there.
 */
export function linkCommands(
  { subnets }: Pick<NetworkPlan, 'subnets'>,
  interfaces: readonly (PluggedInterface & { readonly uid: number })[],
  names: NetworkNames,
  present: ReadonlySet<string>,
): string[] {
  const bridges = subnets.map(({ prefix, gateway }) => ({
    name: bridgeOf(prefix),
    prefix,
    gateway,
  }))
  const wanted = new Set(
    [...bridges, ...interfaces.map(({ tap }) => ({ name: tap }))].map((o) => o.name),
  )
  const gone = [...present].filter(
    (name) => /^(tap|br[0-9a-f]{8}-)/.test(name) && !wanted.has(name),
  )
  return [
    ...gone.map((name) => `link delete dev ${name}`),
    'link set dev lo up',
    `address replace ${names.address}/31 dev ${UPLINK}`,
    `link set dev ${UPLINK} up`,
    `route replace default via ${names.hostAddress}`,
    ...bridges.flatMap(({ name, gateway, prefix }) => [
      ...(present.has(name)
        ? []
        : [
            `link add name ${name} address ${ROUTER_MAC} type bridge forward_delay 0 mcast_snooping 0`,
          ]),
      `address replace ${gateway}/${prefix.split('/')[1]} dev ${name}`,
      `link set dev ${name} up`,
    ]),
    ...interfaces.flatMap(({ tap, uid, address }) => [
      ...(present.has(tap) ? [] : [`tuntap add dev ${tap} mode tap user ${uid}`]),
      `link set dev ${tap} master ${bridgeOf(subnetOf(subnets, address)!.prefix)}`,
      `link set dev ${tap} type bridge_slave isolated on mcast_flood off`,
      `link set dev ${tap} up`,
    ]),
  ]
}

/** Whether bridged frames are shown to rules of IPv4. */
const BRIDGE_FILTER = 'net.bridge.bridge-nf-call-iptables'

/** Settings of sysctl(8) in the namespace. A bridge answers for every address of its subnet: its ports don't hear each other. */
export function namespaceSettings({ subnets }: Pick<NetworkPlan, 'subnets'>): string[] {
  return [
    // Where the kernel has it, it would take what is translated to a neighbour past the router, between isolated ports.
    ...(existsSync(`/proc/sys/${BRIDGE_FILTER.replaceAll('.', '/')}`)
      ? [`${BRIDGE_FILTER}=0`]
      : []),
    'net.ipv4.ip_forward=1',
    'net.ipv4.conf.all.rp_filter=1',
    'net.ipv4.conf.all.send_redirects=0',
    'net.ipv4.conf.default.send_redirects=0',
    'net.ipv6.conf.all.disable_ipv6=1',
    'net.ipv6.conf.default.disable_ipv6=1',
    ...subnets.flatMap(({ prefix }) => {
      const of = `net.ipv4.conf.${bridgeOf(prefix)}`
      return [`${of}.proxy_arp_pvlan=1`, `${of}.send_redirects=0`]
    }),
  ]
}

/**
 * Lines for `ip -batch` on the host: its end of the uplink, and the way to the network's public addresses.
 * @param routed what leads there, of before.
 */
export function hostLinkCommands(
  names: NetworkNames,
  publicAddresses: readonly string[],
  routed: readonly string[],
): string[] {
  const { hostEnd, hostAddress, address } = names
  return [
    `address replace ${hostAddress}/31 dev ${hostEnd}`,
    `link set dev ${hostEnd} up`,
    ...routed
      .filter((each) => isIPv4(each) && !publicAddresses.includes(each))
      .map((each) => `route delete ${each}/32 dev ${hostEnd}`),
    ...publicAddresses.map((each) => `route replace ${each}/32 via ${address} dev ${hostEnd}`),
  ]
}

/** Settings of sysctl(8) on the host: it routes, and its loopback's forwarded ports may lead to this one interface. */
export function hostSettings({ hostEnd }: NetworkNames): string[] {
  return [
    'net.ipv4.ip_forward=1',
    `net.ipv4.conf.${hostEnd}.route_localnet=1`,
    `net.ipv6.conf.${hostEnd}.disable_ipv6=1`,
  ]
}

import { existsSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { bridgeOf, LAN, type NetworkNames, TRUNK, UPLINK } from './names.ts'
import { type BridgePlan, type NetworkPlan, type SubnetPlan, subnetOf } from './plan.ts'
import type { PluggedInterface } from './rules.ts'

/** The hardware address of every router, as Azure's: a guest that is moved sees the same. */
const ROUTER_MAC = '12:34:56:78:9a:bc'

/**
 * Lines for `ip -batch` in a network's namespace that bring its interfaces from what is there to what is planned.
 * @param present the names of the interfaces there.
 */
export function linkCommands(
  { subnets, bridge = null }: Pick<NetworkPlan, 'subnets' | 'bridge'>,
  interfaces: readonly (PluggedInterface & { readonly uid: number })[],
  names: NetworkNames,
  present: ReadonlySet<string>,
): string[] {
  const isOnLan = bridge !== null
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
    ...(isOnLan ? [] : [`route replace default via ${names.hostAddress}`]),
    ...bridges.flatMap(({ name, gateway, prefix }) => [
      ...(present.has(name)
        ? []
        : [
            `link add name ${name} address ${ROUTER_MAC} type bridge forward_delay 0 mcast_snooping 0`,
          ]),
      // On a bridge of the host the subnet is there, and its VMs alone are here.
      `address replace ${gateway}/${prefix.split('/')[1]} dev ${name}${isOnLan ? ' noprefixroute' : ''}`,
      `link set dev ${name} up`,
    ]),
    ...interfaces.flatMap(({ tap, uid, address }) => [
      ...(present.has(tap) ? [] : [`tuntap add dev ${tap} mode tap user ${uid}`]),
      `link set dev ${tap} master ${bridgeOf(subnetOf(subnets, address)!.prefix)}`,
      `link set dev ${tap} type bridge_slave isolated on mcast_flood off`,
      `link set dev ${tap} up`,
    ]),
    ...(bridge === null ? [] : lanCommands(bridge, subnets, interfaces, present)),
  ]
}

/** The subnet is reached by the bridge of the host, each VM in it by its tap's; the rest of the world by the router there. */
function lanCommands(
  { vlan, router }: BridgePlan,
  subnets: readonly SubnetPlan[],
  interfaces: readonly PluggedInterface[],
  present: ReadonlySet<string>,
): string[] {
  return [
    ...(vlan === null
      ? []
      : [
          `link set dev ${TRUNK} up`,
          ...(present.has(LAN) ? [] : [`link add link ${TRUNK} name ${LAN} type vlan id ${vlan}`]),
        ]),
    `link set dev ${LAN} up`,
    ...subnets.map(({ prefix }) => `route replace ${prefix} dev ${LAN}`),
    ...interfaces.map(
      ({ address }) =>
        `route replace ${address}/32 dev ${bridgeOf(subnetOf(subnets, address)!.prefix)}`,
    ),
    `route replace default via ${router} dev ${LAN}`,
  ]
}

/** Lines for `ip -batch` that take away the ways to VMs that are not there any more. @param routed what leads to a subnet's bridge. */
export function goneCommands(
  { subnets, bridge = null }: Pick<NetworkPlan, 'subnets' | 'bridge'>,
  interfaces: readonly PluggedInterface[],
  routed: readonly string[],
): string[] {
  if (bridge === null) return []
  const there = new Set(interfaces.map(({ address }) => address))
  return subnets.flatMap(({ prefix }) =>
    routed
      .filter((each) => isIPv4(each) && !there.has(each))
      .map((each) => `route delete ${each}/32 dev ${bridgeOf(prefix)}`),
  )
}

/** The interface that a network's end of what is on a bridge of the host is made as. */
export function lanNameOf({ vlan }: BridgePlan): string {
  return vlan === null ? LAN : TRUNK
}

/** Whether bridged frames are shown to rules of IPv4. */
const BRIDGE_FILTER = 'net.bridge.bridge-nf-call-iptables'

/** Settings of sysctl(8) in the namespace. A bridge answers for every address of its subnet: its ports don't hear each other. */
export function namespaceSettings({
  subnets,
  bridge = null,
}: Pick<NetworkPlan, 'subnets' | 'bridge'>): string[] {
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
      const isOnLan = bridge === null ? [] : [`${of}.proxy_arp=1`]
      return [`${of}.proxy_arp_pvlan=1`, `${of}.send_redirects=0`, ...isOnLan]
    }),
    // It answers there for its VMs, and for nobody else.
    ...(bridge === null ? [] : [`net.ipv4.conf.${LAN}.proxy_arp=1`]),
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

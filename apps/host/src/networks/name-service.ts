import { bridgeOf, type NetworkNames, UPLINK } from './names.ts'
import { type NetworkPlan, netmaskOf } from './plan.ts'

/** Whatever is named in a network is named below this; ICANN keeps it for private use. */
export const DOMAIN = 'internal'
const LEASE = '1h'

/** What dnsmasq(8) of a network reads, by the name of its file in the network's folder. */
export interface NameServiceFiles {
  /** Read when it starts. */
  readonly 'dnsmasq.conf': string
  /** Who gets which address; read again on SIGHUP. */
  readonly 'dhcp-hosts': string
  /** Who has which name; read again on SIGHUP. */
  readonly hosts: string
}

/**
 * Gives each VM its own address and no other one any, answers names of the network, and asks the host's resolvers
 * for the rest.
 * @param user whom it becomes once it listens. @param resolvers IPv4 addresses
 */
export function nameServiceFiles(
  { subnets, interfaces }: NetworkPlan,
  { folder }: Pick<NetworkNames, 'folder'>,
  { user, resolvers }: { user: string; resolvers: readonly string[] },
): NameServiceFiles {
  const ranges = subnets.map(
    ({ prefix }) => `dhcp-range=${prefix.split('/')[0]},static,${netmaskOf(prefix)},${LEASE}`,
  )
  const conf = [
    `user=${user}`,
    'bind-dynamic',
    `except-interface=${UPLINK}`,
    'except-interface=lo',
    ...subnets.map(({ prefix }) => `interface=${bridgeOf(prefix)}`),
    'log-facility=-',
    'quiet-dhcp',
    'no-hosts',
    'no-resolv',
    ...resolvers.map((address) => `server=${address}`),
    'domain-needed',
    `domain=${DOMAIN}`,
    `local=/${DOMAIN}/`,
    'expand-hosts',
    `addn-hosts=${folder}/hosts`,
    'dhcp-authoritative',
    'dhcp-ignore=tag:!known',
    'leasefile-ro',
    'no-ping',
    `dhcp-hostsfile=${folder}/dhcp-hosts`,
    ...ranges,
  ]
  const called = ({ name }: { name: string | null }) => (name === null ? '' : `,${name}`)
  return {
    'dnsmasq.conf': lines(conf),
    'dhcp-hosts': lines(interfaces.map((one) => `${one.mac},${one.address}${called(one)}`)),
    hosts: lines(
      interfaces.flatMap(({ address, name }) => (name === null ? [] : [`${address} ${name}`])),
    ),
  }
}

/** The resolvers of resolv.conf(5) that a network can ask: those on the host's own loopback it cannot. IPv4. */
export function resolversIn(resolvConf: string): string[] {
  const found = [...resolvConf.matchAll(/^nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)]
  return found.map(([, address]) => address!).filter((address) => !address.startsWith('127.'))
}

function lines(each: readonly string[]): string {
  return each.map((line) => `${line}\n`).join('')
}

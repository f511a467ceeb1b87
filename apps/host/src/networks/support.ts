import { statSync } from 'node:fs'
import { findProgram } from '../process.ts'
import { NAMESPACES, prefixOf } from './names.ts'
import { run, runInside } from './programs.ts'
import { type PluggedInterface, passageRules } from './rules.ts'

/** How VMs are connected: by networks of this host's, or each behind its QEMU, and why. */
export type NetworkMode =
  | { readonly kind: 'bridged' }
  | { readonly kind: 'user'; readonly reason: string }

const PROGRAMS = {
  ip: 'iproute2',
  nft: 'nftables',
  dnsmasq: 'dnsmasq-base',
  sysctl: 'procps',
  nsenter: 'util-linux',
}
/** Anybody may open it: what a tap's owner may do with it, the kernel knows. */
const TUN = '/dev/net/tun'

/** What the trial has rules for: of every kind that there are. */
const GUEST: PluggedInterface = {
  ...{ machine: 'trial', mac: '52:54:00:00:00:01', address: '10.0.0.4', name: null, tap: 'tap0' },
  ...{ inbound: [], outbound: [], publicAddress: '198.51.100.1' },
  forwards: [{ hostPort: 22, guestPort: 22 }],
}

/** Looks whether this host can make networks, by making a small one and taking it away. */
export async function findNetworkMode(stateDirectory: string): Promise<NetworkMode> {
  const user = (reason: string) => ({ kind: 'user', reason }) as const
  if (process.getuid?.() !== 0) return user('not root')
  for (const [program, debian] of Object.entries(PROGRAMS))
    if (findProgram(program) === null)
      return user(`${program} is not installed (package ${debian})`)
  const tun = statSync(TUN, { throwIfNoEntry: false })
  if (tun === undefined) return user(`there is no ${TUN}`)
  if ((tun.mode & 0o006) !== 0o006) return user(`${TUN} is closed to the VMs' accounts`)
  const namespace = `${prefixOf(stateDirectory)}trial`
  const clear = () => run('ip', ['netns', 'delete', namespace]).catch(() => {})
  try {
    // Of a manager that died while it tried.
    await clear()
    await run('ip', ['netns', 'add', namespace])
    const path = `${NAMESPACES}/${namespace}`
    await run('ip', ['-n', namespace, '-batch', '-'], TRIAL_LINKS)
    await runInside(path, 'sysctl', ['-qw', 'net.ipv4.ip_forward=1'])
    await runInside(path, 'nft', ['-f', '-'], passageRules({ subnets: [] }, [GUEST]))
    return { kind: 'bridged' }
  } catch (e) {
    return user((e instanceof Error ? e.message : String(e)).split('\n', 1)[0]!)
  } finally {
    await clear()
  }
}

const TRIAL_LINKS = `link add name br0 type bridge forward_delay 0 mcast_snooping 0
tuntap add dev tap0 mode tap user 600000
link set dev tap0 master br0
link set dev tap0 type bridge_slave isolated on mcast_flood off
link add name trial0 type veth peer name trial1
`

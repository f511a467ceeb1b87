import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Output } from '../output.ts'
import {
  findProgram,
  identityOf,
  killProcess,
  type ProcessIdentity,
  signalProcess,
  spawnDetached,
} from '../process.ts'
import { scopeOf } from '../scope.ts'
import type { IsWell } from './balancing-rules.ts'
import { NetworkError } from './errors.ts'
import {
  goneCommands,
  hostLinkCommands,
  hostSettings,
  lanNameOf,
  linkCommands,
  namespaceSettings,
} from './links.ts'
import { nameServiceFiles, resolversIn } from './name-service.ts'
import { bridgeOf, NAMESPACES, type NetworkNames, UPLINK } from './names.ts'
import type { NetworkPlan } from './plan.ts'
import { insideOf, run, runInside } from './programs.ts'
import { hostRules, noHostRules, type PluggedInterface, passageRules, publicOf } from './rules.ts'

type Interface = PluggedInterface & { readonly uid: number }

/**
 * Makes a network what it is to be, whatever there is of it: rules first, so that nothing passes before they hold.
 * @throws {NetworkError} `network-failed`: what was made stays, and another call goes on.
 */
export async function makeNetwork(
  names: NetworkNames,
  plan: NetworkPlan,
  interfaces: readonly Interface[],
  isWell: IsWell,
): Promise<void> {
  const { namespace, namespacePath, hostEnd } = names
  const settle = (settings: readonly string[]) =>
    runInside(namespacePath, 'sysctl', ['-qw', ...settings])
  if (!existsSync(namespacePath)) await run('ip', ['netns', 'add', namespace])
  await setPassage(names, plan, interfaces, isWell)
  const publicAddresses = publicOf({ ...plan, interfaces })
  await run('nft', ['-f', '-'], hostRules(names, interfaces, publicAddresses))
  const present = await interfacesIn(namespace)
  if (!present.has(UPLINK)) {
    await run('ip', ['link', 'delete', 'dev', hostEnd]).catch(() => {})
    const peer = ['peer', 'name', UPLINK, 'netns', namespace]
    await run('ip', ['link', 'add', 'name', hostEnd, 'type', 'veth', ...peer])
  }
  await run('sysctl', ['-qw', ...hostSettings(names)])
  await batch([], hostLinkCommands(names, publicAddresses, await routedTo(hostEnd)))
  await settle(namespaceSettings({ subnets: [] }))
  await joinBridge(names, plan, present)
  await batch(['-n', namespace], linkCommands(plan, interfaces, names, present))
  for (const { prefix } of plan.bridge == null ? [] : plan.subnets) {
    const routed = await routedTo(bridgeOf(prefix), ['-n', namespace])
    await batch(['-n', namespace], goneCommands(plan, interfaces, routed))
  }
  await settle(namespaceSettings(plan))
  await serveNames(names, plan, interfaces)
}

/** The network's end of a pair whose other end is a port of a bridge that its operator made. */
async function joinBridge(
  { namespace, lanEnd, lanEndMac, lanMac }: NetworkNames,
  { bridge = null }: NetworkPlan,
  present: ReadonlySet<string>,
): Promise<void> {
  if (bridge === null) return
  const found = await run('ip', ['-j', 'link', 'show', 'type', 'bridge'])
  const bridges: { ifname?: string }[] = JSON.parse(found || '[]')
  if (!bridges.some(({ ifname }) => ifname === bridge.name))
    throw new NetworkError('network-failed', `this host has no bridge ${bridge.name}`)
  const name = lanNameOf(bridge)
  if (!present.has(name)) {
    await run('ip', ['link', 'delete', 'dev', lanEnd]).catch(() => {})
    const peer = ['peer', 'name', name, 'address', lanMac, 'netns', namespace]
    const made = ['name', lanEnd, 'address', lanEndMac, 'type', 'veth']
    await run('ip', ['link', 'add', ...made, ...peer])
  }
  await run('sysctl', ['-qw', `net.ipv6.conf.${lanEnd}.disable_ipv6=1`])
  await batch([], [`link set dev ${lanEnd} master ${bridge.name}`, `link set dev ${lanEnd} up`])
}

/** What passes in a network, all at once. */
export async function setPassage(
  { namespacePath }: NetworkNames,
  plan: NetworkPlan,
  interfaces: readonly Interface[],
  isWell: IsWell,
): Promise<void> {
  await runInside(namespacePath, 'nft', ['-f', '-'], passageRules(plan, interfaces, isWell))
}

/** Takes all of a network away, whatever there is of it. */
export async function removeNetwork(names: NetworkNames): Promise<void> {
  const { namespace, namespacePath, hostEnd, lanEnd, folder } = names
  await run('nft', ['-f', '-'], noHostRules(names))
  for (const each of nameServicesOf(names)) await killProcess(each)
  for (const end of [hostEnd, lanEnd])
    await run('ip', ['link', 'delete', 'dev', end]).catch(() => {})
  if (existsSync(namespacePath)) await run('ip', ['netns', 'delete', namespace])
  rmSync(folder, { recursive: true, force: true })
}

/** The names of the host's network namespaces. */
export function namespaces(): string[] {
  return existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : []
}

async function interfacesIn(namespace: string): Promise<Set<string>> {
  const found = JSON.parse(await run('ip', ['-n', namespace, '-j', 'link', 'show']))
  return new Set(found.map(({ ifname }: { ifname: string }) => ifname))
}

/** The addresses that the host, or a namespace of it, routes to an interface of its own. */
async function routedTo(name: string, where: readonly string[] = []): Promise<string[]> {
  const shown = await run('ip', [...where, '-j', 'route', 'show', 'dev', name])
  const found = JSON.parse(shown || '[]')
  return found.map(({ dst }: { dst: string }) => dst)
}

async function batch(where: readonly string[], commands: readonly string[]): Promise<void> {
  await run('ip', [...where, '-batch', '-'], commands.map((line) => `${line}\n`).join(''))
}

/** Its dnsmasq runs, and knows who is there. */
async function serveNames(
  names: NetworkNames,
  plan: NetworkPlan,
  interfaces: readonly Interface[],
): Promise<void> {
  const { folder } = names
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const about = { user: nameServiceUser(), resolvers: resolvers() }
  const files = nameServiceFiles({ ...plan, interfaces }, names, about)
  const isSame = readOrEmpty(join(folder, 'dnsmasq.conf')) === files['dnsmasq.conf']
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), text, { mode: 0o644 })
  const running = nameServicesOf(names)
  const [first] = running
  if (isSame && running.length === 1 && isInside(first!.pid, names)) {
    signalProcess(first!, 'SIGHUP')
    return
  }
  for (const each of running) await killProcess(each)
  if (plan.subnets.length > 0) await startNameService(names)
}

/** As the user it becomes; the network's namespace is all it sees of the host's networks. */
async function startNameService({ folder, namespace, namespacePath }: NetworkNames): Promise<void> {
  const output = await Output.makePipe(join(folder, 'output'))
  try {
    await spawnDetached(
      findProgram('dnsmasq')!,
      ['--keep-in-foreground', `--conf-file=${folder}/dnsmasq.conf`],
      {
        account: null,
        cwd: '/',
        output,
        scope: [...scopeOf(`names of ${namespace}`), ...insideOf(namespacePath)],
      },
    )
  } finally {
    output.close()
  }
}

/** Every dnsmasq that was started for a network: also one whose namespace is gone, and that serves nobody. */
function nameServicesOf({ folder }: NetworkNames): ProcessIdentity[] {
  const mark = `\0--conf-file=${folder}/dnsmasq.conf\0`
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || !readOrEmpty(`/proc/${pid}/cmdline`).includes(mark)) return []
    const found = identityOf(Number(pid))
    return found !== null && /\/dnsmasq$/.test(found.executable) ? [found] : []
  })
}

function isInside(pid: number, { namespacePath }: NetworkNames): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) === `net:[${statSync(namespacePath).ino}]`
  } catch {
    return false
  }
}

/** Debian's package makes a user for it. */
function nameServiceUser(): string {
  return /^dnsmasq:/m.test(readOrEmpty('/etc/passwd')) ? 'dnsmasq' : 'nobody'
}

/** systemd-resolved listens on the loopback, and says elsewhere whom it asks. */
function resolvers(): string[] {
  const found = resolversIn(readOrEmpty('/etc/resolv.conf'))
  return found.length > 0 ? found : resolversIn(readOrEmpty('/run/systemd/resolve/resolv.conf'))
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

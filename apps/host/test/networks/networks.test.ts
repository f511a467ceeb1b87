import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { namesOf, tapOf } from '../../src/networks/names.ts'
import { Networks } from '../../src/networks/networks.ts'
import type {
  BalancingPlan,
  InterfacePlan,
  NetworkPlan,
  ProbePlan,
  Rule,
} from '../../src/networks/plan.ts'
import { findNetworkMode, type NetworkMode } from '../../src/networks/support.ts'
import { busyboxOf, leaseOf } from './a-lease.ts'
import { askFromHost, Place } from './a-place.ts'
import { command, inOwnNamespaces } from './own-namespaces.ts'

const cannot = inOwnNamespaces()
const folder = cannot === false ? mkdtempSync('/run/networks-') : ''
const mode: NetworkMode | null = cannot === false ? await findNetworkMode(folder) : null
const skip = cannot || (mode?.kind === 'user' ? mode.reason : false)

const UIDS: Record<string, number> = { one: 700_000, two: 700_002, other: 700_004 }
const said: string[] = []

function open(): Networks {
  return new Networks({
    stateDirectory: folder,
    log: ({ message }) => said.push(message),
    mode: async () => mode!,
    accountOf: (machine) => UIDS[machine] ?? null,
  })
}

const ANY = { protocol: null, from: null, to: null, fromPorts: null, toPorts: null } as const
const allow = (more: Partial<Rule> = {}): Rule => ({ ...ANY, allow: true, ...more })
const port = (number: number) => ({ protocol: 'tcp', toPorts: [[number, number]] }) as const

function anInterface(machine: string, address: string, more: Partial<InterfacePlan> = {}) {
  const mac = `52:54:00:00:00:${address.split('.')[3]!.padStart(2, '0')}`
  const of = { machine, mac, address, name: machine, inbound: [], outbound: [], forwards: [] }
  return { ...of, publicAddress: null, ...more }
}

const subnets = [
  { prefix: '10.0.0.0/24', gateway: '10.0.0.1' },
  { prefix: '10.0.1.0/24', gateway: '10.0.1.1' },
]
const plan = (interfaces: InterfacePlan[]): NetworkPlan => ({ id: 'net', subnets, interfaces })
/** `one` and `two` of a network, with what is said of them; `two` is of the other subnet. */
const both = (one: Partial<InterfacePlan> = {}, two: Partial<InterfacePlan> = {}) =>
  plan([anInterface('one', '10.0.0.4', one), anInterface('two', '10.0.0.5', two)])

const places: Record<string, Place> = {}
let networks: Networks

before(async () => {
  if (skip) return
  networks = open()
  await networks.put({ ...plan([]), id: 'net' })
  await networks.put({ ...plan([]), id: 'apart' })
  for (const [i, name] of ['one', 'two', 'other'].entries()) {
    const place = new Place(name)
    places[name] = place
    const { namespace } = namesOf(folder, name === 'other' ? 1 : 0)
    place.plug(tapOf(UIDS[name]!), namespace, `52:54:00:00:00:0${[4, 5, 4][i]}`)
    place.address(`10.0.0.${[4, 5, 4][i]}/24`, '10.0.0.1')
    await place.listen(22, 80)
  }
  const outside = new Place('outside')
  places.outside = outside
  outside.plug('wan', null, '52:54:00:00:00:99')
  outside.address('203.0.113.9/24', '203.0.113.1')
  command('ip', 'address', 'add', '203.0.113.1/24', 'dev', 'wan')
  command('ip', 'link', 'set', 'wan', 'up')
  await outside.listen(80)
  await networks.put({ ...plan([anInterface('other', '10.0.0.4')]), id: 'apart' })
})

after(async () => {
  if (skip) return
  await networks.remove('net')
  await networks.remove('apart')
  networks.close()
  for (const place of Object.values(places)) place.remove()
  assert.deepEqual(remains(), [])
  rmSync(folder, { recursive: true })
})

/** What there is of networks on this host. */
function remains(): string[] {
  const links = [...command('ip', '-br', 'link').matchAll(/^tl\w+/gm)].map(([name]) => name)
  const tables = [...command('nft', 'list', 'tables').matchAll(/trusted_launch\w+/g)].map(
    ([n]) => n,
  )
  const spaces = [...command('ip', 'netns').matchAll(/^trusted-launch\S+/gm)].map(([name]) => name)
  const names = spawnSync('pidof', ['dnsmasq'], { encoding: 'utf8' }).stdout.trim()
  return [...links, ...tables, ...spaces, ...names.split(' ').filter(Boolean)]
}

test('a host with the rights, the programs and the kernel for it makes networks', {
  skip: cannot,
}, (t) => {
  if (mode?.kind === 'user' && /not installed|not supported|\/dev\/net\/tun/.test(mode.reason))
    return t.skip(mode.reason)
  assert.deepEqual(mode, { kind: 'bridged' })
})

test('two VMs of a subnet reach each other, each under its own address', { skip }, async () => {
  await networks.put(both())
  assert.equal(places.one!.ask('10.0.0.5', 80), '10.0.0.4')
  assert.equal(places.two!.ask('10.0.0.4', 80), '10.0.0.5')
})

test('an allowed port passes, a denied one does not, and answers to what a VM began do', {
  skip,
}, async () => {
  await networks.put(both({ inbound: [[]] }, { inbound: [[allow(port(80))]] }))
  assert.equal(places.one!.ask('10.0.0.5', 80), '10.0.0.4')
  assert.ok(places.one!.misses('10.0.0.5', 22))
  assert.ok(places.two!.misses('10.0.0.4', 80))
})

test('the first rule that matches decides, and each group has to let it pass', {
  skip,
}, async () => {
  const from = { prefixes: ['10.0.0.4/32'], except: false }
  await networks.put(both({}, { inbound: [[allow({ from, allow: false }), allow()]] }))
  assert.ok(places.one!.misses('10.0.0.5', 80))
  await networks.put(both({}, { inbound: [[allow()], [allow(port(22))]] }))
  assert.ok(places.one!.misses('10.0.0.5', 80))
  assert.equal(places.one!.ask('10.0.0.5', 22), '10.0.0.4')
})

test('what a VM may not begin it does not, and it is reached all the same', { skip }, async () => {
  const to = { prefixes: ['10.0.0.0/8'], except: true }
  await networks.put(both({ outbound: [[allow({ to })]] }))
  assert.ok(places.one!.misses('10.0.0.5', 80))
  assert.equal(places.one!.ask('203.0.113.9', 80), '203.0.113.1')
  assert.equal(places.two!.ask('10.0.0.4', 80), '10.0.0.5')
})

test("under another VM's address, or another hardware address, nothing leaves a VM", {
  skip,
}, async () => {
  await networks.put(both())
  const { one } = places
  one!.address('10.0.0.77/24', '10.0.0.1')
  assert.ok(one!.misses('10.0.0.5', 80))
  one!.address('10.0.0.4/24', '10.0.0.1')
  one!.mac('52:54:00:00:00:77')
  assert.ok(one!.misses('10.0.0.5', 80))
  one!.mac('52:54:00:00:00:04')
  assert.equal(one!.ask('10.0.0.5', 80), '10.0.0.4')
})

test('a VM gets its own address by DHCP, its router, and names of its network', {
  skip,
}, async (t) => {
  const busybox = busyboxOf()
  if (busybox === null) return t.skip('busybox of the guest images is not there')
  await networks.put(both())
  const { one } = places
  one!.ip('address', 'flush', 'dev', 'eth0')
  const stdout = leaseOf(one!, busybox)
  assert.match(stdout, /^10\.0\.0\.4 255\.255\.255\.0 10\.0\.0\.1 10\.0\.0\.1 internal$/m)
  one!.address('10.0.0.4/24', '10.0.0.1')
  const found = one!.run(busybox, 'nslookup', 'two.internal', '10.0.0.1').stdout
  assert.match(found, /10\.0\.0\.5/)
})

test('networks with the same addresses do not reach each other', { skip }, async () => {
  await networks.put(both())
  assert.ok(places.other!.misses('10.0.0.5', 80))
  assert.ok(places.other!.misses(namesOf(folder, 0).address, 22))
  assert.equal(places.one!.ask('10.0.0.5', 80), '10.0.0.4')
})

test("a port of the host's loopback leads to a VM's, as its rules allow, and the host is not reached from there", {
  skip,
}, async (t) => {
  const server = createServer((socket) => socket.end('host')).listen(8080, '0.0.0.0')
  t.after(() => server.close())
  const forwards = [{ hostPort: 20_022, guestPort: 22 }]
  const { hostAddress } = namesOf(folder, 0)
  await networks.put(both({ forwards }))
  assert.equal(askFromHost('127.0.0.1', 20_022), hostAddress)
  for (const address of [hostAddress, '203.0.113.1', '10.0.0.1'])
    assert.ok(places.one!.misses(address, 8080))
  places.outside!.ip('route', 'replace', '100.64.0.0/10', 'via', '203.0.113.1')
  assert.ok(places.outside!.misses(namesOf(folder, 0).address, 20_022))
  const from = { prefixes: [`${hostAddress}/32`], except: true }
  await networks.put(both({ forwards, inbound: [[allow({ from })]] }))
  assert.equal(askFromHost('127.0.0.1', 20_022, 1_000), null)
})

test('a public address is the VM’s: it is reached by it, and what it begins comes from it', {
  skip,
}, async () => {
  await networks.put(both({ publicAddress: '198.51.100.7' }))
  places.outside!.ip('route', 'replace', '198.51.100.7/32', 'via', '203.0.113.1')
  assert.equal(places.outside!.ask('198.51.100.7', 80), '203.0.113.9')
  assert.equal(places.one!.ask('203.0.113.9', 80), '198.51.100.7')
  assert.equal(places.two!.ask('203.0.113.9', 80), '203.0.113.1')
  assert.equal(places.two!.ask('198.51.100.7', 80), '10.0.0.5')
})

test('a public address is reached from another network of the host by who has one itself, as from outside', {
  skip,
}, async () => {
  await networks.put(both({ publicAddress: '198.51.100.7' }))
  const apart = (publicAddress: string | null) =>
    networks.put({ ...plan([anInterface('other', '10.0.0.4', { publicAddress })]), id: 'apart' })
  assert.ok(places.other!.misses('198.51.100.7', 80))
  await apart('198.51.100.8')
  assert.equal(places.other!.ask('198.51.100.7', 80), '198.51.100.8')
  await apart(null)
})

test('a public address that goes to another network leads there, and one that is nobody’s nowhere', {
  skip,
}, async () => {
  const apart = (publicAddress: string | null) =>
    networks.put({ ...plan([anInterface('other', '10.0.0.4', { publicAddress })]), id: 'apart' })
  const leads = () => command('ip', 'route', 'show', '198.51.100.7').trim()
  await networks.put(both({ publicAddress: '198.51.100.7' }))
  await apart('198.51.100.7')
  await networks.put(both())
  assert.match(leads(), new RegExp(`dev ${namesOf(folder, 1).hostEnd}`))
  assert.equal(places.outside!.ask('198.51.100.7', 80), '203.0.113.9')
  await apart(null)
  assert.equal(leads(), '')
})

const spread = (more: Partial<BalancingPlan>): BalancingPlan => ({
  ...{ address: '198.51.100.20', isPublic: true, protocol: 'tcp', port: 8080, backendPort: 80 },
  ...{ members: ['10.0.0.4', '10.0.0.5'], isSticky: false, probe: null, ...more },
})
const balanced = (...balancing: BalancingPlan[]): NetworkPlan => ({ ...both(), balancing })
/** Who answers, of so many connections. */
const who = (from: Place, address: string, port: number, count: number, patienceMs?: number) =>
  Array.from({ length: count }, () => from.asked(address, port, patienceMs))

test('connections to a port of a frontend go to its members in turn, one client’s to the same where it is so wanted', {
  skip,
}, async () => {
  const { outside } = places
  const sticky = spread({ port: 8081, isSticky: true })
  await networks.put(balanced(spread({}), sticky))
  outside!.ip('route', 'replace', '198.51.100.20/32', 'via', '203.0.113.1')
  const found = who(outside!, '198.51.100.20', 8080, 4)
  assert.deepEqual([...found].sort(), ['one', 'one', 'two', 'two'])
  assert.equal(new Set(who(outside!, '198.51.100.20', 8081, 4)).size, 1)
  assert.equal(outside!.ask('198.51.100.20', 8080), '203.0.113.9')
  await networks.put(balanced(spread({ members: ['10.0.0.5'] })))
  assert.deepEqual(who(outside!, '198.51.100.20', 8080, 2), ['two', 'two'])
  assert.ok(outside!.misses('198.51.100.20', 8081))
})

test('what goes to a frontend passes its member’s groups, and a frontend of a subnet is reached from it', {
  skip,
}, async () => {
  const inside = spread({ address: '10.0.0.100', isPublic: false, members: ['10.0.0.5'] })
  await networks.put(balanced(inside))
  assert.equal(places.one!.ask('10.0.0.100', 8080), '10.0.0.4')
  const closed = { ...both({}, { inbound: [[allow(port(22))]] }), balancing: [inside] }
  await networks.put(closed)
  assert.ok(places.one!.misses('10.0.0.100', 8080))
})

test('what members begin comes from their exit, but from their own public address where they have one', {
  skip,
}, async () => {
  const exits = [{ address: '198.51.100.20', members: ['10.0.0.4', '10.0.0.5'] }]
  await networks.put({ ...both({ publicAddress: '198.51.100.7' }), exits })
  assert.equal(places.two!.ask('203.0.113.9', 80), '198.51.100.20')
  assert.equal(places.one!.ask('203.0.113.9', 80), '198.51.100.7')
})

test('a member that does not answer its probe is given no connection until it does', {
  skip,
}, async () => {
  const { outside, two } = places
  const probe = (protocol: 'tcp' | 'http', number: number): ProbePlan => ({
    ...{ protocol, port: number, path: '/well', intervalSeconds: 1, threshold: 1 },
  })
  const until = async (wanted: string[]) => {
    const found = () => [...new Set(who(outside!, '198.51.100.20', 8080, 2, 1_000))].sort()
    for (let tries = 0; tries < 20 && found().join() !== wanted.join(); tries++)
      await new Promise((resolve) => setTimeout(resolve, 200))
    assert.deepEqual(found(), wanted)
  }
  await networks.put(balanced(spread({ probe: probe('tcp', 80) })))
  await until(['one', 'two'])
  await networks.put(balanced(spread({ probe: probe('http', 8888) })))
  assert.ok(outside!.misses('198.51.100.20', 8080))
  const well = await two!.serve(8888, 200)
  await until(['two'])
  well.kill('SIGKILL')
  const soon = () => new Promise((resolve) => setTimeout(resolve, 500))
  for (let tries = 0; tries < 20 && !outside!.misses('198.51.100.20', 8080); tries++) await soon()
  assert.ok(outside!.misses('198.51.100.20', 8080))
  const ill = await two!.serve(8888, 503)
  for (let tries = 0; tries < 4; tries++) await soon()
  assert.ok(outside!.misses('198.51.100.20', 8080))
  ill.kill('SIGKILL')
  await networks.put(both())
})

test('whatever is lost of a network the next manager makes again, and what belongs to none goes', {
  skip,
}, async () => {
  await networks.put(both())
  const { namespace, hostEnd, table } = namesOf(folder, 0)
  command('nft', 'delete', 'table', 'ip', table)
  command('ip', '-n', namespace, 'link', 'set', 'uplink', 'down')
  command('ip', 'netns', 'exec', namespace, 'nft', 'flush', 'ruleset')
  for (const pid of command('pidof', 'dnsmasq').trim().split(' '))
    process.kill(Number(pid), 'SIGKILL')
  command('ip', 'netns', 'add', namesOf(folder, 9).namespace)
  command(
    'ip',
    'link',
    'add',
    'name',
    namesOf(folder, 9).hostEnd,
    'type',
    'veth',
    'peer',
    'name',
    'uplink9',
  )
  networks = open()
  await networks.reconcile()
  assert.equal(places.one!.ask('10.0.0.5', 80), '10.0.0.4')
  assert.equal(places.one!.ask('203.0.113.9', 80), '203.0.113.1')
  const left = remains()
  for (const name of [namespace, hostEnd, table]) assert.ok(left.includes(name), name)
  assert.equal(left.length, 8, left.join())
})

test('a manager that is killed at any moment leaves nothing that the next does not mend', {
  skip,
}, async () => {
  const killed = fileURLToPath(new URL('./a-killed-manager.ts', import.meta.url))
  for (let after = 150; after < 1_100; after += 170) {
    spawnSync(process.execPath, [killed, folder], { timeout: after, killSignal: 'SIGKILL' })
    networks = open()
    await networks.reconcile()
    await networks.put({ ...plan([]), id: 'killed' })
    await networks.remove('killed')
    assert.equal(remains().length, 8, `after ${after} ms: ${remains()}`)
  }
  assert.deepEqual(said, [])
})

test('a VM that starts finds its network, also where the namespace is gone', { skip }, async () => {
  await networks.put({ ...plan([anInterface('new', '10.0.0.9')]), id: 'again' })
  UIDS.new = 700_006
  const { namespace, namespacePath } = namesOf(folder, 2)
  command('ip', 'netns', 'delete', namespace)
  const { inside, tap } = await networks.plug('again', 'new')
  assert.equal(tap, 'tap700006')
  assert.equal(inside[1], `--net=${namespacePath}`)
  const [link] = JSON.parse(command('ip', '-n', namespace, '-j', '-d', 'link', 'show', tap))
  assert.equal(link.linkinfo.info_data.user, 700_006)
  assert.equal(link.linkinfo.info_slave_data.isolated, true)
  await assert.rejects(networks.plug('again', 'one'), { code: 'network-missing' })
  await networks.remove('again')
})

/** Of what the guest images are made of. */

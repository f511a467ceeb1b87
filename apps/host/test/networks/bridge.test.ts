import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { linkCommands } from '../../src/networks/links.ts'
import { namesOf, tapOf } from '../../src/networks/names.ts'
import { Networks } from '../../src/networks/networks.ts'
import type { BridgePlan, InterfacePlan, NetworkPlan, Rule } from '../../src/networks/plan.ts'
import { findNetworkMode, type NetworkMode } from '../../src/networks/support.ts'
import { busyboxOf, leaseOf } from './a-lease.ts'
import { askFromHost, Place } from './a-place.ts'
import { command, inOwnNamespaces } from './own-namespaces.ts'

const cannot = inOwnNamespaces()
const folder = cannot === false ? mkdtempSync('/run/bridge-') : ''
const mode: NetworkMode | null = cannot === false ? await findNetworkMode(folder) : null
const skip = cannot || (mode?.kind === 'user' ? mode.reason : false)

const UIDS: Record<string, number> = { one: 700_100, two: 700_102 }
const open = () =>
  new Networks({
    ...{ stateDirectory: folder, log: () => {}, mode: async () => mode! },
    accountOf: (machine) => UIDS[machine] ?? null,
  })

const HTTP: Rule = {
  ...{ allow: true, protocol: 'tcp', from: null, to: null, fromPorts: null },
  toPorts: [[80, 80]],
}
const bridge: BridgePlan = { name: 'lan0', vlan: null, router: '192.168.7.1' }

function anInterface(machine: string, address: string, more: Partial<InterfacePlan> = {}) {
  const mac = `52:54:00:00:01:${address.split('.')[3]}`
  const of = { machine, mac, address, name: machine, inbound: [], outbound: [], forwards: [] }
  return { ...of, publicAddress: null, ...more }
}

const planOf = (
  more: Partial<NetworkPlan> = {},
  one: Partial<InterfacePlan> = {},
): NetworkPlan => ({
  id: 'lan',
  subnets: [{ prefix: '192.168.7.0/24', gateway: '192.168.7.64' }],
  interfaces: [anInterface('one', '192.168.7.65', one), anInterface('two', '192.168.7.66')],
  ...{ bridge, ...more },
})

const places: Record<string, Place> = {}
let networks: Networks

before(async () => {
  if (skip) return
  command('ip', 'link', 'add', 'name', 'lan0', 'type', 'bridge')
  command('ip', 'link', 'set', 'lan0', 'up')
  for (const [name, last] of [
    ['router', 1],
    ['peer', 50],
  ] as const) {
    const place = new Place(name)
    places[name] = place
    place.plug(`port-${name}`, null, `52:54:00:00:02:${last < 10 ? '01' : last}`)
    command('ip', 'link', 'set', `port-${name}`, 'master', 'lan0')
    command('ip', 'link', 'set', `port-${name}`, 'up')
    if (name === 'peer') place.address('192.168.7.50/24', '192.168.7.1')
    else place.ip('address', 'add', '192.168.7.1/24', 'dev', 'eth0')
    await place.listen(80, 22)
  }
  places.router!.ip('address', 'add', '203.0.113.9/32', 'dev', 'lo')
  networks = open()
  await networks.put(planOf({ interfaces: [] }))
  for (const [name, last] of [
    ['one', 65],
    ['two', 66],
  ] as const) {
    const place = new Place(name)
    places[name] = place
    const { namespace } = namesOf(folder, 0)
    place.plug(tapOf(UIDS[name]!), namespace, `52:54:00:00:01:${last}`)
    place.address(`192.168.7.${last}/24`, '192.168.7.64')
    await place.listen(80, 22)
  }
  await networks.put(planOf())
})

after(() => {
  if (skip) return
  networks.close()
  for (const place of Object.values(places)) place.remove()
  rmSync(folder, { recursive: true })
})

test('who is on a bridge of the host reaches its VMs and is reached, each under its own address', {
  skip,
}, () => {
  assert.equal(places.peer!.ask('192.168.7.65', 80), '192.168.7.50')
  assert.equal(places.one!.ask('192.168.7.50', 80), '192.168.7.65')
  assert.equal(places.two!.ask('192.168.7.65', 80), '192.168.7.66')
  // By the router there, not out through the host.
  assert.equal(places.one!.asked('203.0.113.9', 80), 'router')
  assert.equal(places.one!.ask('203.0.113.9', 80), '192.168.7.65')
})

test('a VM’s groups hold for who is on the bridge, too, and it sends under no other address', {
  skip,
}, async () => {
  await networks.put(planOf({}, { inbound: [[HTTP]], outbound: [[]] }))
  assert.equal(places.peer!.ask('192.168.7.65', 80), '192.168.7.50')
  assert.equal(places.peer!.misses('192.168.7.65', 22), true)
  assert.equal(places.one!.misses('192.168.7.50', 80), true)
  await networks.put(planOf())
  places.one!.address('192.168.7.70/24', '192.168.7.64')
  assert.equal(places.one!.misses('192.168.7.50', 80), true)
  places.one!.address('192.168.7.65/24', '192.168.7.64')
  assert.equal(places.one!.ask('192.168.7.50', 80), '192.168.7.65')
})

test('who is on the bridge reaches nothing through the network but its VMs, and the host forwards its ports as ever', {
  skip,
}, async () => {
  places.peer!.ip('route', 'replace', '198.51.100.0/24', 'via', '192.168.7.64')
  command('ip', 'address', 'add', '198.51.100.7/32', 'dev', 'lo')
  assert.equal(places.peer!.misses('198.51.100.7', 80), true)
  assert.equal(places.peer!.misses('192.168.7.64', 53), true)
  const forwards = [{ hostPort: 40_022, guestPort: 22 }]
  await networks.put(planOf({}, { forwards }))
  assert.notEqual(askFromHost('127.0.0.1', 40_022), null)
})

test('a VM on a bridge of the host is given its fixed address by DHCP, and nobody there is given one by its network', {
  skip,
}, (t) => {
  const busybox = busyboxOf()
  if (busybox === null) return t.skip('busybox of the guest images is not there')
  const { one, peer } = places
  one!.ip('address', 'flush', 'dev', 'eth0')
  assert.match(
    leaseOf(one!, busybox),
    /^192\.168\.7\.65 255\.255\.255\.0 192\.168\.7\.64 192\.168\.7\.64 internal$/m,
  )
  // Under a hardware address that is not its own it is given none.
  one!.mac('52:54:00:00:01:99')
  assert.equal(leaseOf(one!, busybox, 2).includes('192.168.7'), false)
  one!.mac('52:54:00:00:01:65')
  one!.address('192.168.7.65/24', '192.168.7.64')
  assert.equal(leaseOf(peer!, busybox, 2).includes('192.168.7'), false)
})

test('a VM that goes is no neighbour any more, and its address may be somebody else’s there', {
  skip,
}, async () => {
  await networks.put(planOf({ interfaces: [anInterface('two', '192.168.7.66')] }))
  assert.equal(places.peer!.misses('192.168.7.65', 80), true)
  await networks.put(planOf())
})

test('the next manager finds the network as it was, under the same hardware address, and takes all of it away', {
  skip,
}, async () => {
  const { namespace, lanMac, lanEnd } = namesOf(folder, 0)
  const macOf = () => JSON.parse(command('ip', '-n', namespace, '-j', 'link', 'show', 'lan'))
  assert.equal(macOf()[0].address, lanMac)
  networks.close()
  // As after the host started anew.
  command('ip', 'link', 'delete', lanEnd)
  networks = open()
  await networks.reconcile()
  assert.equal(macOf()[0].address, lanMac)
  assert.deepEqual(networks.plans()[0]!.bridge, bridge)
  assert.equal(places.peer!.ask('192.168.7.66', 80), '192.168.7.50')
  await networks.remove('lan')
  const ports = JSON.parse(command('ip', '-j', 'link', 'show', 'master', 'lan0'))
  assert.deepEqual(
    ports.map(({ ifname }: { ifname: string }) => ifname),
    ['port-router', 'port-peer'],
  )
})

test('a bridge that is not there, and a plan of one that is none, are refused', {
  skip,
}, async () => {
  const other = (more: Partial<BridgePlan>) => ({ bridge: { ...bridge, ...more } })
  await assert.rejects(networks.put({ ...planOf(other({ name: 'lan9' })), id: 'none' }), {
    code: 'network-failed',
    message: /this host has no bridge lan9/,
  })
  await networks.remove('none')
  for (const wrong of [
    other({ name: 'a b' }),
    other({ name: 'much-too-long-for-it' }),
    other({ vlan: 0 }),
    other({ vlan: 4095 }),
    other({ router: '192.168.8.1' }),
    other({ router: '192.168.7.64' }),
    other({ router: '192.168.7.65' }),
    { subnets: [...planOf().subnets, { prefix: '10.0.0.0/24', gateway: '10.0.0.1' }] },
  ])
    await assert.rejects(networks.put(planOf(wrong)), { code: 'network-bad-plan' })
})

test('frames with a tag are made below the interface whose frames have none', () => {
  const plan = planOf({ interfaces: [], bridge: { ...bridge, vlan: 20 } })
  const lines = linkCommands(plan, [], namesOf('/x', 0), new Set(['uplink', 'trunk']))
  assert.ok(lines.includes('link add link trunk name lan type vlan id 20'))
  assert.ok(lines.indexOf('link set dev trunk up') < lines.indexOf('link set dev lan up'))
  const again = linkCommands(plan, [], namesOf('/x', 0), new Set(['uplink', 'trunk', 'lan']))
  assert.equal(
    again.some((line) => line.startsWith('link add link')),
    false,
  )
})

const hasTags =
  !skip &&
  !commandFails('ip', 'link', 'add', 'link', 'lo', 'name', 'tagged', 'type', 'vlan', 'id', '5')

test('a network with a tag is of who has the same tag on the bridge, and of nobody else', {
  skip: skip || (!hasTags && 'the kernel has no VLANs (8021q)'),
}, async () => {
  command('ip', 'link', 'delete', 'tagged')
  const { peer } = places
  peer!.ip('link', 'add', 'link', 'eth0', 'name', 'eth0t', 'type', 'vlan', 'id', '20')
  peer!.ip('address', 'flush', 'dev', 'eth0')
  peer!.ip('address', 'add', '192.168.7.50/24', 'dev', 'eth0t')
  peer!.ip('link', 'set', 'eth0t', 'up')
  const plan = planOf({ interfaces: [], bridge: { ...bridge, vlan: 20 } })
  await networks.put(plan)
  const { namespace } = namesOf(folder, 0)
  const place = new Place('tagged')
  places.tagged = place
  place.plug(tapOf(UIDS.one!), namespace, '52:54:00:00:01:65')
  place.address('192.168.7.65/24', '192.168.7.64')
  await networks.put({ ...plan, interfaces: [anInterface('one', '192.168.7.65')] })
  assert.equal(place.ask('192.168.7.50', 80), '192.168.7.65')
  assert.equal(places.router!.misses('192.168.7.65', 80), true)
})

function commandFails(program: string, ...args: string[]): boolean {
  try {
    command(program, ...args)
    return false
  } catch {
    return true
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkCommands } from '../../src/networks/links.ts'
import { nameServiceFiles } from '../../src/networks/name-service.ts'
import { namesOf } from '../../src/networks/names.ts'
import {
  type BalancingPlan,
  checkPlan,
  type NetworkPlan,
  type Rule,
} from '../../src/networks/plan.ts'
import { hostRules, passageRules, publicOf } from '../../src/networks/rules.ts'

const ANY = { protocol: null, from: null, to: null, fromPorts: null, toPorts: null } as const
const inNetwork = { prefixes: ['10.0.0.0/16', '10.1.0.0/16'], except: false }
const web: Rule = {
  ...ANY,
  allow: true,
  protocol: 'tcp',
  toPorts: [
    [80, 80],
    [8000, 8100],
  ],
}
const outside: Rule = { ...ANY, allow: false, from: { ...inNetwork, except: true } }
const names: Rule = {
  ...ANY,
  allow: true,
  to: { prefixes: ['9.9.9.9/32'], except: false },
  toPorts: [[53, 53]],
}

const plan: NetworkPlan = {
  id: 'net',
  subnets: [
    { prefix: '10.0.0.0/24', gateway: '10.0.0.1' },
    { prefix: '10.0.1.0/24', gateway: '10.0.1.1' },
  ],
  interfaces: [
    {
      ...{ machine: 'web', mac: '52:54:00:00:00:01', address: '10.0.0.4', name: 'web' },
      ...{
        inbound: [[web, outside, { ...ANY, allow: true }], [{ ...ANY, allow: true }]],
        outbound: [[names]],
      },
      ...{ forwards: [{ hostPort: 20_022, guestPort: 22 }], publicAddress: '198.51.100.7' },
    },
    {
      ...{ machine: 'db', mac: '52:54:00:00:00:02', address: '10.0.1.4', name: null },
      ...{ inbound: [], outbound: [], forwards: [], publicAddress: null },
    },
  ],
}
const plugged = plan.interfaces.map((one, i) => ({
  ...one,
  uid: 700_000 + 2 * i,
  tap: `tap${700_000 + 2 * i}`,
}))
const called = namesOf('/var/lib/trusted-launch', 3)

test("a network's rules, links and names are rendered as they were", (t) => {
  checkPlan(plan)
  t.assert.snapshot(passageRules(plan, plugged).split('\n'))
  t.assert.snapshot(hostRules(called, plugged, publicOf(plan)).split('\n'))
  t.assert.snapshot(
    linkCommands(plan, plugged, called, new Set(['lo', 'uplink', 'tap9', 'br0a000000-24'])),
  )
  const about = { user: 'dnsmasq', resolvers: ['192.0.2.53'] }
  t.assert.snapshot(
    Object.entries(nameServiceFiles(plan, called, about)).map(([name, text]) => [
      name,
      ...text.split('\n'),
    ]),
  )
})

test('balancing is rendered for members that are there and well, in turn or by the client', () => {
  const spread = (more: Partial<BalancingPlan>): BalancingPlan => ({
    ...{ address: '198.51.100.20', isPublic: true, protocol: 'tcp', port: 80, backendPort: 8080 },
    ...{ members: ['10.0.0.4', '10.0.1.4'], isSticky: false, probe: null, ...more },
  })
  const probe = { protocol: 'tcp', port: 80, path: '/', intervalSeconds: 5, threshold: 1 } as const
  const exits = [{ address: '198.51.100.20', members: ['10.0.0.4', '10.0.0.9'] }]
  const balancing = [
    spread({}),
    spread({ protocol: 'udp', port: 53, isSticky: true }),
    spread({ port: 81, probe }),
    spread({ port: 82, members: ['10.0.0.9'] }),
  ]
  const rules = passageRules({ ...plan, balancing, exits }, plugged, (_, one) => one === '10.0.1.4')
  const found = rules.split('\n').filter((line) => line.includes('198.51.100.20'))
  assert.deepEqual(
    found.map((line) => line.trim()),
    [
      'ip daddr 198.51.100.20 tcp dport 80 dnat to numgen inc mod 2 map { 0 : 10.0.0.4, 1 : 10.0.1.4 } : 8080',
      'ip daddr 198.51.100.20 udp dport 53 dnat to jhash ip saddr mod 2 map { 0 : 10.0.0.4, 1 : 10.0.1.4 } : 8080',
      'ip daddr 198.51.100.20 tcp dport 81 dnat to 10.0.1.4:8080',
      'oifname "uplink" ip saddr { 10.0.0.4 } snat to 198.51.100.20',
    ],
  )
  assert.deepEqual(publicOf({ ...plan, balancing, exits }), ['198.51.100.7', '198.51.100.20'])
})

test('what is not of its form is refused by its field before any program sees it', () => {
  const [web, db] = plan.interfaces
  const rule = (more: object) => ({
    ...plan,
    interfaces: [{ ...web!, inbound: [[{ ...ANY, allow: true, ...more }]] }],
  })
  const asking = {
    protocol: 'http',
    port: 80,
    path: '/',
    intervalSeconds: 5,
    threshold: 1,
  } as const
  const balance: BalancingPlan = {
    ...{ address: '198.51.100.20', isPublic: true, protocol: 'tcp', port: 80, backendPort: 80 },
    ...{ members: [], isSticky: false, probe: null },
  }
  const faults: Record<string, NetworkPlan> = {
    id: { ...plan, id: '../net' },
    subnets: { ...plan, subnets: [{ prefix: '10.0.0.1/24', gateway: '10.0.0.1' }] },
    mac: { ...plan, interfaces: [{ ...web!, mac: '53:54:00:00:00:01' }] },
    address: { ...plan, interfaces: [{ ...web!, address: '10.0.2.4' }] },
    name: { ...plan, interfaces: [{ ...web!, name: 'a,b' }] },
    publicAddress: { ...plan, interfaces: [{ ...web!, publicAddress: '1.2.3.4; drop' }] },
    machine: { ...plan, interfaces: [web!, { ...db!, machine: 'web' }] },
    forwards: { ...plan, interfaces: [{ ...web!, forwards: [{ hostPort: 0, guestPort: 22 }] }] },
    'balancing.members': { ...plan, balancing: [{ ...balance, members: ['10.0.0.9'] }] },
    'balancing.address': { ...plan, balancing: [{ ...balance, address: '10.0.0.4' }] },
    'balancing.port': { ...plan, balancing: [{ ...balance, port: 0 }] },
    'balancing.probe': { ...plan, balancing: [{ ...balance, probe: { ...asking, path: ' ' } }] },
    exits: { ...plan, exits: [{ address: '198.51.100.20; drop', members: [] }] },
    'rules.protocol': rule({ protocol: 'tcp accept' }),
    'rules.prefixes': rule({ from: { prefixes: ['10.0.0.0/33'], except: false } }),
    'rules.ports': rule({ toPorts: [[22, 21]] }),
  }
  for (const [field, broken] of Object.entries(faults))
    assert.throws(() => checkPlan(broken), { code: 'network-bad-plan', message: field })
})

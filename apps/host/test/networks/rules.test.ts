import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkCommands } from '../../src/networks/links.ts'
import { nameServiceFiles } from '../../src/networks/name-service.ts'
import { namesOf } from '../../src/networks/names.ts'
import { checkPlan, type NetworkPlan, type Rule } from '../../src/networks/plan.ts'
import { hostRules, passageRules } from '../../src/networks/rules.ts'

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
  t.assert.snapshot(hostRules(called, plugged).split('\n'))
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

test('what is not of its form is refused by its field before any program sees it', () => {
  const [web, db] = plan.interfaces
  const rule = (more: object) => ({
    ...plan,
    interfaces: [{ ...web!, inbound: [[{ ...ANY, allow: true, ...more }]] }],
  })
  const faults: Record<string, NetworkPlan> = {
    id: { ...plan, id: '../net' },
    subnets: { ...plan, subnets: [{ prefix: '10.0.0.1/24', gateway: '10.0.0.1' }] },
    mac: { ...plan, interfaces: [{ ...web!, mac: '53:54:00:00:00:01' }] },
    address: { ...plan, interfaces: [{ ...web!, address: '10.0.2.4' }] },
    name: { ...plan, interfaces: [{ ...web!, name: 'a,b' }] },
    publicAddress: { ...plan, interfaces: [{ ...web!, publicAddress: '1.2.3.4; drop' }] },
    machine: { ...plan, interfaces: [web!, { ...db!, machine: 'web' }] },
    forwards: { ...plan, interfaces: [{ ...web!, forwards: [{ hostPort: 0, guestPort: 22 }] }] },
    'rules.protocol': rule({ protocol: 'tcp accept' }),
    'rules.prefixes': rule({ from: { prefixes: ['10.0.0.0/33'], except: false } }),
    'rules.ports': rule({ toPorts: [[22, 21]] }),
  }
  for (const [field, broken] of Object.entries(faults))
    assert.throws(() => checkPlan(broken), { code: 'network-bad-plan', message: field })
})

import assert from 'node:assert/strict'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

test('a network is made with its subnets, listed, shown, and deleted when nobody is in it', async (t) => {
  await signedIn(t)
  assert.equal((await good('network', 'list')).out, 'no networks\n')
  const subnets = ['--subnet', 'web=10.1.0.0/24', '--subnet', 'db=10.1.1.0/24']
  const made = await good('network', 'create', 'shop', '--prefix', '10.1.0.0/16', ...subnets)
  assert.equal(made.out, 'made shop: tl network show shop\n')
  assert.match((await good('network', 'list')).out, /^shop +default +10\.1\.0\.0\/16 +web=10/m)
  assert.match(
    (await good('network', 'show', 'shop')).out,
    /^subnets +web=10\.1\.0\.0\/24 db=10\.1\.1\.0\/24$/m,
  )
  assert.equal((await json('network', 'create', 'plain')).properties.subnets[0].name, 'default')
  assert.match((await tl('network', 'create', 'shop')).err, /there is a network shop already/)
  assert.equal((await tl('network', 'create', 'x', '--subnet', '10.1.0.0/24')).code, 2)
  assert.equal((await good('network', 'delete', 'shop')).out, 'deleting shop: done\n')
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const held = await tl('network', 'delete', 'default')
  assert.match(held.err, /InUseSubnetCannotBeDeleted.*\n {4}tl vm list/)
  assert.match((await tl('network', 'show', 'shpo')).err, /tl network list shows what there is/)
})

test('a security group is made, its rules are set and taken away, and it decides for a VM that runs', async (t) => {
  const { host } = await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const nsg = (...args: string[]) => good('network', 'nsg', ...args)
  assert.match((await nsg('create', 'web')).out, /^made web: tl network nsg rule set web RULE/)
  await nsg('rule', 'set', 'web', 'https', '--port', '443')
  await nsg('rule', 'set', 'web', 'ssh', '--port', '22', '--peer', '192.0.2.0/24')
  await nsg('rule', 'set', 'web', 'mail', '--port', '25', '--outbound', '--deny')
  const { properties } = await json('network', 'nsg', 'show', 'web')
  assert.deepEqual(
    properties.securityRules.map(({ name, properties: of }: any) => [name, of.priority]),
    [
      ['https', 100],
      ['ssh', 110],
      ['mail', 100],
    ],
  )
  assert.match(
    (await nsg('list')).out,
    /^web +default +https: Allow Inbound tcp 443 from \*; ssh: Allow Inbound tcp 22 from 192/m,
  )
  const inbound = () => [...host.networkPlans.values()][0]!.interfaces[0]!.inbound
  await nsg('attach', 'web', '--vm', 'web')
  assert.deepEqual(inbound()[0]![0]!.toPorts, [[443, 443]])
  await nsg('rule', 'set', 'web', 'https', '--port', '8443', '--priority', '200')
  assert.deepEqual(
    inbound()[0]!
      .slice(0, 2)
      .map(({ toPorts }) => toPorts),
    [[[22, 22]], [[8443, 8443]]],
  )
  await nsg('rule', 'delete', 'web', 'ssh')
  assert.deepEqual(inbound()[0]![0]!.toPorts, [[8443, 8443]])
  assert.match((await tl('network', 'nsg', 'rule', 'delete', 'web', 'ssh')).err, /has no rule ssh/)
  const held = await tl('network', 'nsg', 'delete', 'web')
  assert.match(held.err, /InUseNetworkSecurityGroupCannotBeDeleted.*\n {4}tl network nsg detach/)
  await nsg('detach', '--vm', 'web')
  assert.deepEqual(inbound(), [])
  await nsg('attach', 'web', '--network', 'default')
  assert.equal(inbound().length, 1)
  await nsg('detach', '--network', 'default')
  await nsg('delete', 'web')
  assert.equal((await tl('network', 'nsg', 'attach', 'x')).code, 1)
})

test('a network is asked for on a bridge by its name; one that the operator does not allow says how', async (t) => {
  await signedIn(t)
  const lan = ['network', 'create', 'lan', '--bridge', 'br0:20', '--prefix', '192.168.7.0/24']
  assert.match((await tl(...lan)).err, /tl up --bridge NAME\[:VLAN\]=ROUTER\/LENGTH,FIRST-LAST/)
  const bad = await tl('up', '--bridge', 'br0', '--data', '/nowhere')
  assert.match(bad.err, /br0 is no bridge: NAME\[:VLAN\]=ROUTER/)
})

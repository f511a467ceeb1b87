import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'

const rule = (name: string, properties: object) => ({
  name,
  properties: {
    ...{ access: 'Allow', direction: 'Inbound', protocol: 'Tcp', priority: 1000 },
    ...{ sourcePortRange: '*', destinationPortRange: '22' },
    ...{ sourceAddressPrefix: '*', destinationAddressPrefix: '*' },
    ...properties,
  },
})
const denied = (properties: object) => rule('no', { access: 'Deny', priority: 2000, ...properties })

test('a security group is taken when it allows what passes here, and refused by its rule when it would not hold', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const id = `${service.group('rg')}/providers/Microsoft.Network/networkSecurityGroups/sg`
  const put = async (...securityRules: object[]) => {
    const { status, body } = await service.ask('PUT', id, {
      location: 'local',
      properties: { securityRules },
    })
    return status < 300 ? 'taken' : `${body.error.code} ${body.error.target}`
  }
  const refused = 'SecurityRuleCannotBeEnforced securityRules.no'
  const taken: object[][] = [
    [],
    [rule('default-allow-ssh', {})],
    [rule('rdp', { destinationPortRange: '3389' })],
    [rule('ssh', {}), denied({ destinationPortRange: '*', protocol: '*' })],
    [
      denied({ destinationPortRange: '80' }),
      denied({ destinationPortRanges: ['443', '8000-9000'], destinationPortRange: undefined }),
    ],
    [denied({ protocol: 'Udp' }), denied({ sourceAddressPrefix: 'Internet' })],
    [
      rule('all', { direction: 'Outbound', protocol: '*', destinationPortRange: '*' }),
      denied({ direction: 'Outbound' }),
    ],
  ]
  for (const rules of taken) assert.equal(await put(...rules), 'taken', JSON.stringify(rules))
  const wrong: object[][] = [
    [denied({})],
    [denied({ destinationPortRange: '*', protocol: '*' })],
    [denied({ destinationPortRange: undefined, destinationPortRanges: ['80', '20-30'] })],
    [rule('late', { priority: 3000 }), denied({})],
    [rule('narrow', { sourceAddressPrefix: '10.1.0.0/16' }), denied({})],
    [denied({ sourceAddressPrefix: '10.0.0.0/8' })],
    [denied({ direction: 'Outbound', destinationPortRange: '25' })],
  ]
  for (const rules of wrong) assert.equal(await put(...rules), refused, JSON.stringify(rules))
})

test('a public address with a label has a name that nobody resolves, and loses it with the label', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const id = `${service.group('rg')}/providers/Microsoft.Network/publicIPAddresses/ip`
  const put = (dnsSettings?: object) =>
    service.ask('PUT', id, {
      location: 'local',
      properties: { publicIPAllocationMethod: 'Dynamic', dnsSettings },
    })
  assert.equal(
    (await put({ domainNameLabel: 'web-1' })).body.properties.dnsSettings.fqdn,
    'web-1.local.invalid',
  )
  assert.equal((await put()).body.properties.dnsSettings, undefined)
  assert.equal(
    (await put({ domainNameLabel: 'a b' })).body.error.target,
    'dnsSettings.domainNameLabel',
  )
})

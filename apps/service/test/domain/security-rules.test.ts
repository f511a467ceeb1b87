import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letsIn, letsOut, passageOf } from '../../src/domain/network/security-rules.ts'

const rule = (priority: number, access: string, more: object = {}) => ({
  name: `r${priority}`,
  properties: {
    ...{ access, priority, direction: 'Inbound', protocol: '*' },
    ...{ sourcePortRange: '*', destinationPortRange: '*' },
    ...{ sourceAddressPrefix: '*', destinationAddressPrefix: '*' },
    ...more,
  },
})
const group = (...securityRules: object[]) => ({ properties: { securityRules } }) as any
const NETWORK = ['10.0.0.0/16']
const letIn = (from: string, ...rules: object[]) =>
  letsIn([passageOf(group(...rules), 'Inbound', NETWORK)], from, 22)

test('without rules neighbours are let in and others are not, and everything goes out', () => {
  assert.equal(letIn('10.0.9.1'), true)
  assert.equal(letIn('100.64.0.6'), true, 'the host')
  assert.equal(letIn('192.0.2.1'), false)
  assert.equal(letsOut(group()), 'all')
})

test('the rule of the lowest number decides, whatever its place in the list', () => {
  const deny = rule(300, 'Deny')
  const allow = rule(200, 'Allow', { protocol: 'Tcp', destinationPortRange: '20-30' })
  assert.equal(letIn('192.0.2.1', deny, allow), true)
  assert.equal(
    letIn('192.0.2.1', { ...deny, properties: { ...deny.properties, priority: 100 } }, allow),
    false,
  )
})

test('a rule for several kinds of places is one for each, and of the Internet is what is of no network', () => {
  const { from: first } = passageOf(
    group(
      rule(100, 'Allow', {
        sourceAddressPrefix: undefined,
        sourceAddressPrefixes: ['Internet', '10.9.0.0/24', '192.0.2.7'],
      }),
    ),
    'Inbound',
    NETWORK,
  )[0]!
  assert.deepEqual(first, { prefixes: ['10.9.0.0/24', '192.0.2.7/32'], except: false })
  const internet = rule(100, 'Allow', { sourceAddressPrefix: 'Internet' })
  assert.equal(letIn('192.0.2.1', internet, rule(200, 'Deny')), true)
  assert.equal(letIn('10.0.0.1', internet, rule(200, 'Deny')), false)
})

test('a rule for one source port is no promise to let in, and one that denies some keeps out', () => {
  assert.equal(letIn('192.0.2.1', rule(100, 'Allow', { sourcePortRange: '1000' })), false)
  assert.equal(letIn('10.0.0.1', rule(100, 'Deny', { sourcePortRange: '1000' })), false)
  assert.equal(letIn('10.0.0.1', rule(100, 'Deny', { protocol: 'Udp' })), true)
})

test('what goes out is everything, nothing, or depends', () => {
  const out = (priority: number, access: string, more: object = {}) =>
    rule(priority, access, { direction: 'Outbound', ...more })
  const web = { destinationPortRange: '443' }
  assert.equal(letsOut(group(out(200, 'Deny'))), 'none')
  assert.equal(letsOut(group(out(100, 'Allow'), out(200, 'Deny'))), 'all')
  assert.equal(letsOut(group(out(100, 'Allow', web), out(200, 'Deny'))), 'some')
  assert.equal(letsOut(group(out(100, 'Deny', web))), 'some')
  assert.equal(letsOut(group(rule(100, 'Deny'))), 'all')
})

test('a rule of before rules had to say all forbids everywhere what it forbids, and allows nothing', () => {
  const half = { sourceAddressPrefix: undefined }
  assert.equal(letIn('10.0.0.1', rule(100, 'Deny', half)), false)
  assert.equal(letIn('192.0.2.1', rule(100, 'Allow', half)), false)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'

const FULL = {
  ...{ access: 'Deny', direction: 'Inbound', protocol: '*', priority: 100 },
  ...{ sourcePortRange: '*', destinationPortRange: '*' },
  ...{ sourceAddressPrefix: '*', destinationAddressPrefix: '*' },
}
type Rule = Record<string, unknown>

test('a security rule says all that decides, or its group is refused in Azure’s words: nothing of it is merely kept', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const id = `${service.group('rg')}/providers/Microsoft.Network/networkSecurityGroups/sg`
  const put = async (...rules: Rule[]) => {
    const securityRules = rules.map(({ name = 'r', ...properties }) => ({ name, properties }))
    const body = { location: 'local', properties: { securityRules } }
    return (await service.ask('PUT', id, body)).body.error ?? null
  }
  const without = (member: string): Rule => {
    const { [member]: _, ...rest } = FULL as Rule
    return rest
  }
  const missing = (must: string) =>
    `Required security rule parameters are missing for security rule with Id: ${id}/securityRules/r. Security rule must specify ${must}.`
  for (const [member, must] of [
    [
      'sourceAddressPrefix',
      'SourceAddressPrefixes, SourceAddressPrefix, or SourceApplicationSecurityGroups',
    ],
    [
      'destinationAddressPrefix',
      'DestinationAddressPrefixes, DestinationAddressPrefix, or DestinationApplicationSecurityGroups',
    ],
    ['sourcePortRange', 'SourcePortRanges or SourcePortRange'],
    ['destinationPortRange', 'DestinationPortRanges or DestinationPortRange'],
  ] as const)
    for (const rule of [without(member), { ...FULL, [member]: '' }])
      assert.deepEqual(await put(rule), {
        ...{ code: 'SecurityRuleParametersMissing', message: missing(must) },
        target: 'securityRules.r',
      })
  const none = { ...without('sourceAddressPrefix'), sourceAddressPrefixes: [] }
  assert.equal((await put(none)).code, 'SecurityRuleParametersMissing')
  for (const member of ['protocol', 'access', 'direction']) {
    const { code, message } = await put(without(member))
    assert.equal(code, 'SecurityRuleParameterMissing')
    assert.match(message, new RegExp(`parameter ${member} is missing.*/securityRules/r\\.$`, 'i'))
  }
  for (const [more, code] of [
    [{ access: 'Maybe' }, 'InvalidParameter'],
    [{ direction: 'Sideways' }, 'InvalidParameter'],
    [{ name: 'a/b' }, 'InvalidParameter'],
    [{ protocol: 'constructor' }, 'SecurityRuleCannotBeEnforced'],
    [{ protocol: 'toString' }, 'SecurityRuleCannotBeEnforced'],
  ] as const)
    assert.equal((await put({ ...FULL, ...more }))?.code, code, JSON.stringify(more))
  for (const priority of [0, 99, 4097, 100.5]) {
    const { code, message } = await put({ ...FULL, priority })
    assert.equal(code, 'SecurityRuleInvalidPriority')
    assert.ok(message.endsWith(`Value provided: ${priority} Allowed range 100-4096.`), message)
  }
  assert.equal((await put(without('priority'))).code, 'SecurityRuleInvalidPriority')
  const two = [
    { ...FULL, name: 'a', access: 'Allow' },
    { ...FULL, name: 'b' },
  ] as const
  const conflict = await put(...two)
  assert.equal(conflict.code, 'SecurityRuleConflict')
  assert.match(conflict.message, /^Security rule a conflicts with rule b\. Rules cannot have/)
  assert.equal(await put(two[0], { ...two[1], direction: 'Outbound' }), null)
  assert.equal((await put(FULL, { ...FULL, priority: 200 })).code, 'InvalidParameter')
})

/** Azure's own client of Microsoft.Security, unmodified. Given: the path of admin.json, and the id of a VM that failed. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { SecurityCenter } from '@azure/arm-security'
import { ClientSecretCredential } from '@azure/identity'
import { ALERT_KINDS } from '@trusted-launch/posture'

const [, , adminFile, vm] = process.argv as [string, string, string, string]
const { endpoint, authorityHost, tenantId, clientId, clientSecret, subscriptionId, location } =
  JSON.parse(readFileSync(adminFile, 'utf8'))
const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
  authorityHost,
  disableInstanceDiscovery: true,
})
const security = new SecurityCenter(credential, subscriptionId, { endpoint })
const group = vm.split('/')[4]!
const status = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'

const [alert] = await gathered(security.alerts.list())
assert.equal(alert?.alertType, 'VM_GuestAttestationFailure')
assert.equal(alert.severity, 'Medium')
assert.equal(alert.status, 'Active')
assert.ok(alert.startTimeUtc instanceof Date)
assert.deepEqual(alert.resourceIdentifiers, [{ type: 'AzureResource', azureResourceId: vm }])
assert.equal((await gathered(security.alerts.listByResourceGroup(group))).length, 1)
assert.equal((await gathered(security.alerts.listSubscriptionLevelByRegion(location))).length, 1)
const name = alert.name!
const stateOf = async () =>
  (await security.alerts.getResourceGroupLevel(location, name, group)).status
await security.alerts.updateResourceGroupLevelStateToDismiss(location, name, group)
assert.equal(await stateOf(), 'Dismissed')
await security.alerts.updateSubscriptionLevelStateToActivate(location, name)
assert.equal((await security.alerts.getSubscriptionLevel(location, name)).status, 'Active')

const rule = await security.alertsSuppressionRules.update('known', {
  alertType: 'VM_GuestAttestationFailure',
  reason: 'Other',
  state: 'Enabled',
  comment: 'looked at',
  expirationDateUtc: new Date(Date.now() + 3_600_000),
  suppressionAlertsScope: { allOf: [{ field: 'entities.cause', in: ['drift'] }] },
})
assert.ok(rule.lastModifiedUtc instanceof Date)
assert.equal(await stateOf(), 'Dismissed')
assert.equal((await gathered(security.alertsSuppressionRules.list())).length, 1)
assert.equal((await security.alertsSuppressionRules.get('known')).comment, 'looked at')
await security.alertsSuppressionRules.delete('known')
assert.equal(await stateOf(), 'Active')

const assessment = await security.assessments.get(vm, status, { expand: 'metadata' })
assert.equal(assessment.status?.code, 'Unhealthy')
assert.equal(assessment.metadata?.severity, 'Medium')
const scope = `subscriptions/${subscriptionId}`
const all = await gathered(security.assessments.list(scope))
assert.ok(all.some((one) => one.name === status && one.status?.code === 'Unhealthy'))
const metadata = await gathered(security.assessmentsMetadata.listBySubscription())
assert.ok(all.every((one) => metadata.some(({ name: key }) => key === one.name)))
assert.equal((await security.assessmentsMetadata.get(status)).severity, 'Medium')
assert.equal((await gathered(security.assessmentsMetadata.list())).length, metadata.length)

const described = await security.assessmentsMetadata.get(status)
assert.equal(described.userImpact, 'Low')
assert.match(described.policyDefinitionId!, /policyDefinitions\/f6358610-/)
assert.deepEqual(described.categories, ['Compute'])

const [score] = await gathered(security.secureScores.list())
assert.equal(score?.name, 'ascScore')
const { max, current, percentage } = await security.secureScores.get('ascScore')
assert.ok(current! < max!, 'something is unhealthy')
assert.equal(percentage, Math.round((10_000 * current!) / max!) / 10_000)
const controls = await gathered(security.secureScoreControls.list({ expand: 'definition' }))
const control = controls.find((one) => one.name === status)
assert.deepEqual([control?.unhealthyResourceCount, control?.max], [1, 3])
assert.equal(control?.definition?.maxScore, 3)
const ofScore = await gathered(security.secureScoreControls.listBySecureScore('ascScore'))
assert.equal(ofScore.length, controls.length)
const definitions = await gathered(security.secureScoreControlDefinitions.list())
assert.ok(definitions.some((one) => one.assessmentDefinitions?.[0]?.id?.endsWith(status)))

await security.alerts.updateSubscriptionLevelStateToResolve(location, name)

await security.alerts.simulate(location, {
  properties: { kind: 'Bundles', bundles: ['VirtualMachines'] },
})
const samples = (await gathered(security.alerts.list())).filter(
  ({ alertDisplayName }) => alertDisplayName?.startsWith('[SAMPLE ALERT] ') === true,
)
assert.equal(samples.length, Object.keys(ALERT_KINDS).length)
const [sample] = samples
await security.alerts.updateSubscriptionLevelStateToDismiss(location, sample!.name!)
assert.equal(
  (await security.alerts.getSubscriptionLevel(location, sample!.name!)).status,
  'Dismissed',
)
assert.equal(await stateOf(), 'Resolved')

async function gathered<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of pages) found.push(one)
  return found
}

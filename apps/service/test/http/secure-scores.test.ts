import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { RECOMMENDATIONS } from '@trusted-launch/posture'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

const security = 'providers/Microsoft.Security'
const secureBoot = '0396b18c-41aa-489c-affd-4ee5d1714a59'
const off = { secureBootEnabled: false, vTpmEnabled: true }
const withoutSecureBoot = { securityType: 'TrustedLaunch', uefiSettings: off }

async function scoreOf(service: TestService) {
  const path = `${service.subscription}/${security}/secureScores/ascScore`
  const { status, body } = await service.ask('GET', path)
  assert.equal(status, 200, JSON.stringify(body))
  return body.properties
}

async function controlsOf(service: TestService, query = ''): Promise<any[]> {
  const path = `${service.subscription}/${security}/secureScoreControls${query}`
  return (await service.ask('GET', path)).body.value
}

test('the score of a subscription is the weight of what is healthy in that of what counts, over all its VMs', async (t) => {
  const service = await aService(t, new AttestingHost())
  assert.equal((await scoreOf(service)).score.percentage, 1)
  for (const name of ['a', 'b']) await aVm(service, name)
  const { id } = await aVm(service, 'c', { securityProfile: withoutSecureBoot })
  const { value } = (await service.ask('GET', `${service.subscription}/${security}/assessments`))
    .body
  const weights: Record<string, number> = { Low: 1, Medium: 3, High: 10 }
  const sum = (code: string) =>
    value
      .filter(({ properties }: any) => properties.status.code === code)
      .reduce(
        (all: number, { properties }: any) => all + weights[properties.additionalData.severity]!,
        0,
      )
  const [healthy, unhealthy] = [sum('Healthy'), sum('Unhealthy')]
  const { score, weight } = await scoreOf(service)
  assert.deepEqual([score.current, score.max, weight], [healthy, healthy + unhealthy, score.max])
  assert.equal(score.percentage, Math.round((10_000 * healthy) / (healthy + unhealthy)) / 10_000)
  const control = (await controlsOf(service)).find(({ name }) => name === secureBoot)
  const { healthyResourceCount, unhealthyResourceCount } = control.properties
  assert.deepEqual([healthyResourceCount, unhealthyResourceCount], [2, 1])
  const exemption = `${id}/providers/TrustedLaunch/exemptions/grid`
  const expiresOn = new Date(Date.now() + 1500).toISOString()
  const properties = {
    recommendation: 'secure-boot.linux',
    category: 'waived',
    reason: 'GRID',
    expiresOn,
  }
  assert.equal((await service.ask('PUT', exemption, { properties })).status, 201)
  const becomes = async (max: number) => {
    for (let i = 0; i < 500 && (await scoreOf(service)).score.max !== max; i++) await sleep(20)
    assert.equal((await scoreOf(service)).score.max, max)
  }
  await becomes(score.max - 1)
  await becomes(score.max)
})

test('each control has its definition, and a score of another name, or of no subscription, is not there', async (t) => {
  const service = await aService(t, new AttestingHost())
  await aVm(service)
  const [one] = await controlsOf(service, '?$expand=definition')
  const { displayName, definition } = one.properties
  assert.equal(definition.properties.displayName, displayName)
  const definitions = `/${security}/secureScoreControlDefinitions`
  for (const scope of ['', service.subscription]) {
    const { value } = (await service.ask('GET', `${scope}${definitions}`)).body
    assert.equal(value.length, Object.keys(RECOMMENDATIONS).length)
  }
  const scores = (scope: string, name: string) =>
    service.ask('GET', `${scope}/${security}/secureScores/${name}`)
  assert.equal((await scores(service.subscription, 'other')).status, 404)
  assert.equal((await scores(service.group('rg'), 'ascScore')).status, 404)
  const nested = `${service.subscription}/${security}/secureScores/ascScore/secureScoreControls`
  const { value } = (await service.ask('GET', nested)).body
  assert.deepEqual(value, await controlsOf(service))
})

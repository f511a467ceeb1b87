import assert from 'node:assert/strict'
import { test } from 'node:test'
import { READER, VIRTUAL_MACHINE_CONTRIBUTOR } from '../../src/identity/role-definitions.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

test('how often and how lately VMs proved themselves is told as Azure Monitor tells metrics, to who may see it', async (t) => {
  const service = await aService(t, new AttestingHost())
  await aVm(service)
  const path = `${service.subscription}/providers/Microsoft.Insights/metrics`
  const reader = await aPrincipal(service, READER.name, service.subscription)
  const { status, body } = await reader.ask('GET', `${path}?interval=PT1H`)
  assert.equal(status, 200, JSON.stringify(body))
  const of = Object.fromEntries(
    body.value.map(({ name, unit, timeseries }: any) => [name.value, [unit, timeseries[0].data]]),
  )
  assert.deepEqual(Object.keys(of), ['Attestations', 'AttestationAge', 'MonitoredMachines'])
  assert.equal(of.Attestations[1].at(-1).total, 1)
  assert.equal(of.MonitoredMachines[1].at(-1).average, 1)
  const [unit, ages] = of.AttestationAge
  assert.equal(unit, 'Seconds')
  assert.ok(ages.at(-1).maximum >= ages.at(-1).average && ages.at(-1).maximum < 60)
  const one = await reader.ask('GET', `${path}?metricnames=attestationage`)
  assert.deepEqual([one.body.interval, one.body.value.length], ['PT5M', 1])
  for (const wrong of ['interval=PT2M', 'metricnames=Other', 'timespan=now', 'timespan=2026/2025'])
    assert.equal((await reader.ask('GET', `${path}?${wrong}`)).status, 400, wrong)
  const machines = await aPrincipal(service, VIRTUAL_MACHINE_CONTRIBUTOR.name, service.subscription)
  assert.equal((await machines.ask('GET', path)).status, 403)
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ALERT_KINDS } from '@trusted-launch/posture'
import { watchingOf } from '../../src/domain/figures.ts'
import { FailingHost } from '../a-failing-host.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { onEach } from '../store/databases.ts'
import { vm, vmId } from '../store/samples.ts'

const RULES = join(import.meta.dirname, '../../../../examples/prometheus-rules.yml')

/** What is scraped, by name and labels. */
async function scraped(service: TestService): Promise<Map<string, number>> {
  const { status, body } = await service.send('GET', '/metrics', {})
  assert.equal(status, 200)
  const lines = String(body)
    .split('\n')
    .filter((line) => line.startsWith('trusted_launch_'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice('trusted_launch_'.length, at), Number(line.slice(at + 1))]
    }),
  )
}

async function aFailedVm(service: TestService): Promise<void> {
  const { id } = await aVm(service)
  const publisher = 'Microsoft.Azure.Security.LinuxAttestation'
  const properties = { publisher, type: 'GuestAttestation', typeHandlerVersion: '1.0' }
  await service.over(
    await service.ask('PUT', `${id}/extensions/g`, { location: 'local', properties }),
  )
}

const KINDS = Object.keys(ALERT_KINDS).length

test('metrics tell verdicts, open alerts, attestations and what waits to be delivered, and name no VM', async (t) => {
  const now = { ahead: 0 }
  const service = await aService(t, new FailingHost(), { now: () => Date.now() + now.ahead })
  await aFailedVm(service)
  const destination = `${service.subscription}/providers/TrustedLaunch/alertDestinations/log`
  const properties = { kind: 'syslog', host: '127.0.0.1', port: 1 }
  await service.ask('PUT', destination, { properties })
  const alerts = `${service.subscription}/providers/Microsoft.Security`
  const simulate = { kind: 'Bundles', bundles: ['VirtualMachines'] }
  await service.ask('POST', `${alerts}/locations/local/alerts/default/simulate`, {
    properties: simulate,
  })
  const told = await scraped(service)
  assert.equal(told.get('verdicts{tier="contraindicated"}'), 1)
  assert.ok(told.get('attestations_total{tier="contraindicated"}')! >= 1)
  assert.equal(told.get('open_alerts{type="VM_GuestAttestationFailure",severity="medium"}'), 1)
  assert.equal(
    [...told.keys()].filter((name) => name.startsWith('open_alerts')).length,
    1,
    'samples',
  )
  assert.deepEqual([told.get('alert_destinations'), told.get('outbox_events')], [1, KINDS])
  assert.equal(told.get('virtual_machines'), 1)
  assert.ok(![...told.keys()].some((name) => /web|virtualMachines\/[^:]/.test(name)))
  now.ahead = 60_000
  const later = await scraped(service)
  assert.ok(later.get('outbox_oldest_seconds')! >= 60)
  const [first] = (await service.ask('GET', `${alerts}/alerts`)).body.value.filter(
    ({ properties }: any) => properties.extendedProperties.sample === undefined,
  )
  await service.ask('POST', `${first.id}/dismiss`)
  now.ahead = 120_000
  const closed = await scraped(service)
  assert.equal([...closed.keys()].filter((name) => name.startsWith('open_alerts')).length, 0)
})

test('every metric that the rules for Prometheus name is told, and promtool takes them where it is', async (t) => {
  const service = await aService(t)
  const names = new Set([...(await scraped(service)).keys()].map((key) => key.replace(/\{.*/, '')))
  // They have labels, and nothing to say of an empty installation.
  const labelled = ['open_alerts', 'request_seconds_bucket']
  const text = readFileSync(RULES, 'utf8')
  const used = new Set([...text.matchAll(/trusted_launch_(\w+)/g)].map(([, name]) => name!))
  assert.ok(used.size >= 5)
  for (const name of used) assert.ok(names.has(name) || labelled.includes(name), name)
  const { error, status, stderr } = spawnSync('promtool', ['check', 'rules', RULES])
  if (error !== undefined) t.diagnostic('promtool is not on this machine')
  else assert.equal(status, 0, String(stderr))
})

onEach((database) => {
  test('figures count by kind, leave samples and closed alerts out, and tell since when a VM is due', async () => {
    const store = await database.store()
    for (const [name, integrity] of [
      ['a', 'affirming'],
      ['b', 'affirming'],
      ['c', undefined],
    ] as const)
      await store.resources.insert(
        { ...vm(name), state: { vmId: name, ...(integrity !== undefined && { integrity }) } },
        1,
      )
    const type = 'Microsoft.Security/locations/alerts'
    const alert = (state: string) => ({ type: 'VM_AttestationSilent', severity: 'medium', state })
    for (const [name, state] of [
      ['1', { alert: alert('Active') }],
      ['2', { alert: alert('InProgress') }],
      ['3', { alert: alert('Resolved') }],
      ['4', { alert: alert('Active'), sample: true }],
    ] as const) {
      const id = vmId('x').replace(
        /Microsoft.Compute.*/,
        `${type.replace('/alerts', '/l/alerts')}/${name}`,
      )
      await store.resources.insert({ ...vm('x'), id, type, name, state }, 1)
    }
    for (const [vmKey, due, watch] of [
      ['a', 50, { isRunning: true, answered: 7 }],
      ['b', 200, { isRunning: true, answered: 5 }],
      ['c', null, { isRunning: false, answered: 1 }],
      ['d', 60, { isRunning: true, answered: null }],
    ] as const)
      await store.turns.put({
        ...{ vmId: vmKey, resourceId: vmId(vmKey), subscriptionId: 's', due, unanswered: 0, watch },
      })
    const { verdicts, openAlerts, overdue, oldestAnswer, virtualMachines } = await watchingOf(
      store,
      100,
      'local',
    )
    const sorted = verdicts.toSorted((a, b) => (a.tier < b.tier ? -1 : 1))
    assert.deepEqual(sorted, [
      { tier: 'affirming', count: 2 },
      { tier: 'none', count: 1 },
    ])
    assert.deepEqual(openAlerts, [{ type: 'VM_AttestationSilent', severity: 'medium', count: 2 }])
    assert.deepEqual([overdue, oldestAnswer, virtualMachines], [{ count: 2, since: 50 }, 5, 3])
  })
})

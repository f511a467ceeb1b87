import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BootView } from '@trusted-launch/api'
import { READER } from '../../src/identity/role-definitions.ts'
import { DriftedHost } from '../a-drifted-host.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

async function latestOf(service: TestService, vm: string): Promise<string> {
  const { body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/evidence`)
  return `${vm}/providers/TrustedLaunch/evidence/${body.latest.id}`
}

async function bootOf(service: TestService, vm: string): Promise<BootView> {
  const { status, body } = await service.ask('GET', `${await latestOf(service, vm)}/bootView`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('a boot is read for people: stages with certificates, events, registers, files, what vouches for it', async (t) => {
  const host = new AttestingHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const boot = await bootOf(service, id)
  assert.deepEqual([boot.tier, boot.isQuoted, boot.bank], ['affirming', true, 'sha256'])
  assert.equal(boot.reference?.name, 'small')
  const events = boot.events.filter(({ status }) => status !== 'not-extended')
  assert.ok(events.length > 10 && events.every(({ vouchedFor }) => vouchedFor))
  const first = boot.events[0]!
  assert.equal(first.type, 'EV_NO_ACTION')
  assert.equal(first.data.length, 2 * first.bytes)
  for (const { checks, vouchedFor } of events) {
    assert.ok(checks.every(({ passed }) => passed))
    assert.equal(
      checks.some(({ check }) => check === 20),
      vouchedFor,
    )
  }
  const variable = events.find(({ pcr, type }) => pcr === 7 && type.endsWith('DRIVER_CONFIG'))
  assert.ok(variable?.checks.some(({ check, title }) => check === 28 && /in order/.test(title)))
  assert.ok(boot.registers.length >= 8)
  for (const { pcr, verdict } of boot.registers) assert.equal(verdict, 'equal', `PCR ${pcr}`)
  assert.deepEqual(
    boot.chain.map(({ stage, verdict }) => [stage, verdict]),
    [
      ['firmware', 'expected'],
      ['kernel command line', 'expected'],
    ],
  )
  assert.equal(boot.files[0]?.path, 'boot_aggregate')
  assert.equal(boot.claims['secure-boot']?.value, true)
  assert.deepEqual(boot.leftOut, { events: 0, files: 0 })
  assert.match(boot.token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
})

test('a changed stage is told in the chain of the boot that shows it', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  host.isDrifted = true
  await service.over(await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`))
  const boot = await bootOf(service, id)
  assert.equal(boot.tier, 'contraindicated')
  const changed = boot.chain.filter(({ verdict }) => verdict !== 'expected')
  assert.deepEqual(
    changed.map(({ stage, pcr }) => [stage, pcr]),
    [['kernel', 9]],
  )
  assert.ok(boot.findings.some(({ id }) => id === 'kernel.changed'))
  const kernel = boot.events[changed[0]!.event]!
  assert.equal(kernel.checks.find(({ check }) => check === 41)?.passed, false)
})

test('a boot is shown to who may read evidence, of its own VM, and to nobody else', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const path = `${await latestOf(service, id)}/bootView`
  const reader = await aPrincipal(service, READER.name, service.subscription)
  assert.equal((await reader.ask('GET', path)).status, 403)
  const { id: other } = await aVm(service, 'other')
  assert.equal((await service.ask('GET', path.replace(id, other))).status, 404)
})

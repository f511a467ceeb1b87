import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { OWNER } from '../../src/identity/role-definitions.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'

const PATH = '/providers/TrustedLaunch/hosts/local'

async function until(what: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await what())) {
    assert.ok(performance.now() < end, 'it never came')
    await sleep(20)
  }
}

const powersOf = async ({ host }: TestService) =>
  Promise.all((await host.machines()).map((machine) => host.power(machine)))

const isStill = async (service: TestService) =>
  (await service.ask('GET', PATH)).body.properties.running === 0

test('a host tells what it has and how many VMs run there; there is no other', async (t) => {
  const service = await aService(t)
  await aVm(service)
  const { name, properties } = (await service.ask('GET', PATH)).body
  const { vcpus, drained, virtualMachines, running } = properties
  assert.deepEqual([name, vcpus, drained, virtualMachines, running], ['local', 64, false, 1, 1])
  const { value } = (await service.ask('GET', '/providers/TrustedLaunch/hosts')).body
  assert.equal(value.length, 1)
  for (const path of [`${PATH}2`, `${service.subscription}${PATH}`])
    assert.equal((await service.ask('GET', path)).status, 404, path)
})

test('a drained host stops its VMs, places and starts none, and resumed starts those that it stopped', async (t) => {
  const service = await aService(t)
  const one = (await aVm(service, 'one')).id
  const two = (await aVm(service, 'two')).id
  await service.over(await service.ask('POST', `${two}/powerOff`))
  const drained = await service.ask('POST', `${PATH}/drain`)
  assert.deepEqual([drained.status, drained.body.properties.drained], [202, true])
  await until(() => isStill(service))
  assert.deepEqual(await powersOf(service), ['stopped', 'stopped'])

  const nic = await aNetwork(service, 'rg', 'nic-three')
  const three = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/three`
  for (const refused of [
    await service.ask('PUT', three, vmBody(nic)),
    await service.ask('POST', `${one}/start`),
  ]) {
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'AllocationFailed'])
    assert.match(refused.body.error.message, /drained.*tl host resume/)
  }
  assert.equal((await service.ask('GET', three)).status, 404)

  assert.equal((await service.ask('POST', `${PATH}/resume`)).status, 202)
  await until(async () => (await powersOf(service)).includes('running'))
  await sleep(300)
  assert.deepEqual((await powersOf(service)).toSorted(), ['running', 'stopped'])
  const { body } = await service.ask('GET', `${one}/instanceView`)
  assert.match(JSON.stringify(body.statuses), /PowerState\/running/)
})

test('a VM that is stopped by somebody while its host is drained stays so', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  await service.ask('POST', `${PATH}/drain`)
  await until(() => isStill(service))
  await service.over(await service.ask('POST', `${id}/deallocate`))
  await service.ask('POST', `${PATH}/resume`)
  await sleep(1_500)
  assert.deepEqual(await powersOf(service), ['stopped'])
})

test('who owns a subscription drains no host: that is for who has the whole installation', async (t) => {
  const service = await aService(t)
  const owner = await aPrincipal(service, OWNER.name, service.subscription)
  for (const [method, path] of [
    ['POST', `${PATH}/drain`],
    ['GET', PATH],
  ] as const)
    assert.equal((await owner.ask(method, path)).status, 403, path)
})

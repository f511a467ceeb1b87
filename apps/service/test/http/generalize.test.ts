import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const HOST = '/providers/TrustedLaunch/hosts/local'

test('a VM whose start waits is not generalized, and is once that is over and it is off again', async (t) => {
  const gate = Promise.withResolvers<void>()
  let isHeld = false
  const host = new ScriptedHost({
    before: (deed) => (isHeld && deed === 'change' ? gate.promise : undefined),
  })
  const service = await aService(t, host)
  const { id } = await aVm(service)
  await service.over(await service.ask('POST', `${id}/powerOff`))
  isHeld = true
  const start = await service.ask('POST', `${id}/start`)
  const refused = await service.ask('POST', `${id}/generalize`)
  gate.resolve()
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'OperationNotAllowed'])
  assert.match(refused.body.error.message, /is not over/)
  assert.equal((await service.over(start)).status, 'Succeeded')
  await service.over(await service.ask('POST', `${id}/powerOff`))
  assert.equal((await service.ask('POST', `${id}/generalize`)).status, 200)
})

test('a VM that was generalized while its host was drained is not started with it', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const powerOf = async () => {
    const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
    return statuses.find(({ code }: any) => code.startsWith('PowerState/')).code
  }
  await service.ask('POST', `${HOST}/drain`)
  while ((await powerOf()) !== 'PowerState/stopped') await new Promise((r) => setTimeout(r, 20))
  while ((await service.ask('POST', `${id}/generalize`)).status !== 200)
    await new Promise((r) => setTimeout(r, 20))
  await service.ask('POST', `${HOST}/resume`)
  const [machine] = await service.host.machines()
  const isOver = async () =>
    (await service.ask('GET', id)).body.properties.provisioningState === 'Failed'
  while (!(await isOver())) {
    assert.equal(await service.host.power(machine!), 'stopped')
    await new Promise((r) => setTimeout(r, 20))
  }
  assert.equal(await powerOf(), 'PowerState/stopped')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MachinePlan, MachinePower } from '../../src/domain/host/machines.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

test('of two VMs that are started at once, the one that the host has no memory left for is refused, and started later', async (t) => {
  const gate = Promise.withResolvers<void>()
  t.after(() => gate.resolve())
  let isHeld = false
  const starts: string[] = []
  // 1.5 GiB, for VMs of 1 GiB each.
  const host = new ScriptedHost({
    capacity: { freeMemoryMiB: 1536 },
    before: (deed, id) => {
      if (!isHeld || deed !== 'start') return undefined
      starts.push(id)
      return gate.promise
    },
  })
  const service = await aService(t, host)
  const vms = [await aVm(service, 'one'), await aVm(service, 'two')]
  for (const { id } of vms) await service.over(await service.ask('POST', `${id}/powerOff`))
  isHeld = true
  const asked = []
  for (const { id } of vms) asked.push(await service.ask('POST', `${id}/start`))
  const ends = asked.map((answer) => service.over(answer))
  const first = await Promise.race(ends)
  assert.deepEqual([first.status, first.error?.code], ['Failed', 'AllocationFailed'])
  assert.match(first.error.message, /1024 MiB are needed, 512 MiB are free/)
  gate.resolve()
  const statuses = (await Promise.all(ends)).map(({ status }) => status)
  assert.deepEqual(statuses.sort(), ['Failed', 'Succeeded'])
  assert.equal(starts.length, 1)
  // What was held is given back: a scripted host counts nothing of what runs.
  for (const { id } of vms) {
    const again = await service.over(await service.ask('POST', `${id}/start`))
    assert.equal(again.status, 'Succeeded', JSON.stringify(again))
  }
})

test('a start that would pass a limit of the usages is refused with both numbers; one that reaches it is not', async (t) => {
  // One processor, for 16 vCPUs of VMs; it counts what runs, as a real host does.
  const machines = new Map<string, { plan: MachinePlan; power: MachinePower }>()
  const running = () => [...machines.values()].filter(({ power }) => power === 'running')
  const capacity = {
    vcpus: 1,
    get runningVcpus() {
      return running().reduce((sum, { plan }) => sum + plan.vcpus, 0)
    },
  }
  const service = await aService(t, new ScriptedHost({ capacity }, machines))
  const usages = async () => {
    const at = `${service.subscription}/providers/Microsoft.Compute/locations/local/usages`
    const { value } = (await service.ask('GET', at)).body
    return (name: string) => {
      const { currentValue, limit } = value.find((one: any) => one.name.value === name)
      return [currentValue, limit]
    }
  }
  const vms = []
  for (let i = 0; i < 16; i++) vms.push(await aVm(service, `vm-${i}`))
  for (const { end } of vms) assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const full = await usages()
  for (const name of ['cores', 'virtualMachines', 'standardBSFamily'])
    assert.deepEqual(full(name), [16, 16], name)
  const { end } = await aVm(service, 'more')
  assert.deepEqual([end.status, end.error?.code], ['Failed', 'AllocationFailed'])
  assert.match(end.error.message, /1 vCPUs are needed, 0 of 16 are free/)
  await service.over(await service.ask('POST', `${vms[0]!.id}/deallocate`))
  assert.deepEqual((await usages())('cores'), [15, 16])
  const more = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/more`
  const started = await service.over(await service.ask('POST', `${more}/start`))
  assert.equal(started.status, 'Succeeded', JSON.stringify(started))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedHost } from '../../src/driver/scripted-host.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

test('of two VMs that are started at once, the one that the host has no memory left for is refused, and started later', async (t) => {
  const gate = Promise.withResolvers<void>()
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
  assert.equal(starts.length, 1)
  gate.resolve()
  const statuses = (await Promise.all(ends)).map(({ status }) => status)
  assert.deepEqual(statuses.sort(), ['Failed', 'Succeeded'])
  // What was held is given back: a scripted host counts nothing of what runs.
  for (const { id } of vms) {
    const again = await service.over(await service.ask('POST', `${id}/start`))
    assert.equal(again.status, 'Succeeded', JSON.stringify(again))
  }
})

import assert from 'node:assert/strict'
import { totalmem } from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { capacityOf, forEach } from '../src/fleet.ts'
import type { Machine } from '../src/machine/machine.ts'

const fleet = (...ids: string[]) => ids.map((id) => ({ id })) as unknown as Machine[]

test('VMs have their turn in order, so many at a time, and one that fails keeps no other from it', async () => {
  const begun: string[] = []
  let now = 0
  let most = 0
  const order = (a: Machine, b: Machine) => (a.id < b.id ? 1 : -1)
  const failure = new Error('b cannot')
  const work = async ({ id }: Machine) => {
    begun.push(id)
    most = Math.max(most, ++now)
    await sleep(5)
    now--
    if (id === 'b') throw failure
  }
  const outcomes = await forEach(fleet('a', 'b', 'c', 'd', 'e'), { parallel: 2, order }, work)
  assert.deepEqual(begun, ['e', 'd', 'c', 'b', 'a'])
  assert.equal(most, 2)
  assert.equal(outcomes.length, 5)
  assert.deepEqual(
    outcomes.filter(({ error }) => error !== null),
    [{ id: 'b', error: failure }],
  )
})

test('what running VMs were promised is not free, whether they use it or not', () => {
  const totalMiB = Math.floor(totalmem() / (1 << 20))
  const machine = (memoryMiB: number, runs: boolean) =>
    ({ spec: { memoryMiB, vcpus: 3 }, processes: runs ? {} : null }) as unknown as Machine
  const { memoryMiB, freeMemoryMiB, vcpus, runningVcpus } = capacityOf([
    machine(totalMiB - 100, true),
    machine(totalMiB, false),
  ])
  assert.equal(memoryMiB, totalMiB)
  assert.equal(freeMemoryMiB, 100)
  assert.ok(vcpus >= 1)
  assert.equal(runningVcpus, 3)
  assert.equal(capacityOf([machine(2 * totalMiB, true)]).freeMemoryMiB, 0)
})

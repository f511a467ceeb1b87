import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHost } from '@trusted-launch/host'
import { atEnd, smallImage, specOf, testFolder } from './machines.ts'

test('a VM that ran when its host fell starts again, one that was stopped does not; a drained host starts none', async (t) => {
  const stateDirectory = testFolder(t)
  let host = await openHost({ stateDirectory })
  atEnd(t, async () => {
    for (const each of host.machines()) await each.delete()
    await host.close()
  })
  const image = await smallImage()
  for (const id of ['a', 'b']) {
    const vm = await host.create(specOf(image, { id }))
    assert.equal(vm.wanted, false)
    await vm.start()
  }
  await host.machine('b').stop({ graceful: false })
  const { qemu, swtpm } = host.machine('a').processes!
  await host.close()
  for (const { pid } of [qemu!, swtpm!]) process.kill(pid, 'SIGKILL')

  host = await openHost({ stateDirectory })
  const [a, b] = ['a', 'b'].map((id) => host.machine(id))
  assert.deepEqual([a!.status().state, a!.wanted, b!.wanted], ['crashed', true, false])
  assert.deepEqual(await host.startWanted(), [{ id: 'a', error: null }])
  assert.equal(a!.status().state, 'running')

  assert.deepEqual(await host.drain(), [{ id: 'a', error: null }])
  assert.deepEqual([a!.status().state, a!.wanted], ['stopped', true])
  await assert.rejects(b!.start(), { code: 'machine-not-here' })
})

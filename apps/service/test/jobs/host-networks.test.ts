import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { hostNetworkOf } from '../../src/domain/network/planned.ts'
import { HostNetworks } from '../../src/jobs/host-networks.ts'
import { openStore } from '../../src/store/open.ts'
import { vmId } from '../store/samples.ts'

const networkOf = (name: string) =>
  vmId('a').replace(/Microsoft\.Compute.*/, `Microsoft.Network/virtualNetworks/${name}`)

/** Networks that nobody has a part in, on a host that takes as long as the test lets it. */
async function someNetworks(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-networks-'))
  const store = await openStore({ path: join(folder, 'service.db') })
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const removed: string[] = []
  const begun = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  let fault: Error | null = null
  const driver = {
    putNetwork: async () => {},
    networks: async () => [],
    removeNetwork: async (id: string) => {
      removed.push(id)
      begun.resolve()
      await gate.promise
      if (fault !== null) throw fault
    },
  }
  const log = pino({ level: 'silent' })
  const networks = new HostNetworks({ store, driver, now: () => 1, log, lack: () => null })
  const fail = (error: Error | null) => {
    fault = error
  }
  return { networks, removed, begun: begun.promise, open: gate.resolve, fail }
}

test('who waits for a network’s turn shares it, and who asks once it has begun has another', async (t) => {
  const { networks, removed, begun, open } = await someNetworks(t)
  const [a, b] = [networkOf('a'), networkOf('b')]
  const first = networks.settle(a)
  await begun
  const others = [a, a.toUpperCase(), b, a].map((id) => networks.settle(id))
  open()
  await Promise.all([first, ...others])
  assert.deepEqual(removed, [a, a, b].map(hostNetworkOf))
  await networks.settle(a)
  assert.equal(removed.length, 4)
})

test('a turn that fails fails for all who waited for it, and for nobody after them', async (t) => {
  const { networks, removed, open, fail } = await someNetworks(t)
  fail(new Error('no bridge'))
  open()
  const waiting = [networks.settle(networkOf('a')), networks.settle(networkOf('a'))]
  for (const one of await Promise.allSettled(waiting)) assert.equal(one.status, 'rejected')
  fail(null)
  await networks.settle(networkOf('a'))
  assert.equal(removed.length, 2)
})

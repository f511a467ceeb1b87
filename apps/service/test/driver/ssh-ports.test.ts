import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { SshPorts } from '../../src/driver/ssh-ports.ts'

const none = new Set<number>()

test('a port for SSH is none that the kernel gives to connections, whatever it keeps for them', async () => {
  for (const [first, last] of [
    [32_768, 60_999],
    [10_000, 65_000],
    [1_024, 65_530],
    [20_000, 65_535],
  ] as const) {
    const ports = new SshPorts([first, last])
    for (let i = 0; i < 20; i++) {
      const port = await ports.portFor('vm-a', null, none)
      assert.ok(port >= 10_000 && port <= 65_535, `${port}`)
      assert.ok(port < first || port > last, `${port} of ${first} to ${last}`)
    }
  }
})

test('where the kernel may take all of them, there is one still', async () => {
  const port = await new SshPorts([1_024, 65_535]).portFor('vm-a', null, none)
  assert.ok(port >= 10_000 && port <= 65_535)
})

test('a VM keeps its port, until somebody listens there or another VM has it', async (t) => {
  const ports = new SshPorts()
  const port = await ports.portFor('vm-a', null, none)
  assert.equal(await ports.portFor('vm-a', port, none), port)
  assert.notEqual(await ports.portFor('vm-a', port, new Set([port])), port)
  const server = createServer().listen(port, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  assert.notEqual(await ports.portFor('vm-a', port, none), port)
})

test('two VMs that are made at once have a port each', async () => {
  // One port is left: the first has it, and for the second there is none.
  const ports = new SshPorts([1_024, 65_534])
  assert.equal(await ports.portFor('vm-a', null, none), 65_535)
  await assert.rejects(ports.portFor('vm-b', null, none), /no port is free/)
  ports.forget('vm-a')
  assert.equal(await ports.portFor('vm-b', null, none), 65_535)
})

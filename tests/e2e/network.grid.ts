import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildSmall, type InterfacePlan } from '@trusted-launch/host'
import { guestModules } from './guest-modules.ts'
import { BOOT_MS, cacheDirectory, smallVm } from './machines.ts'

const MODULES = ['failover', 'net_failover', 'virtio_net'] as const

/** Brings the network up, and tells whoever connects to port 80 whether it reaches what it is asked for. */
const hook = `#!/bin/busybox sh
for module in failover net_failover virtio_net; do insmod /lib/modules/$module.ko; done
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
while true; do nc -l -p 80 -e /etc/reach; done &
`
const reach = `#!/bin/busybox sh
read -r address port
if nc -w 5 "$address" "$port" </dev/null >/dev/null 2>&1; then echo reached; else echo refused; fi
`

/** Where the kernel takes none from for whoever connects: what is free there stays free until we take it. */
const PORTS = [20_000, 32_000] as const

/** A port of the loopback that nobody listens at, or that we do. */
async function port(t: TestContext, { listening }: { listening: boolean }): Promise<number> {
  const server = createServer((socket) => socket.end())
  for (;;) {
    const port = randomInt(...PORTS)
    server.listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    if (listening) t.after(() => server.close())
    else await new Promise((resolve) => server.close(resolve))
    return port
  }
}

/** What the guest answers whom its forwarded port is asked by. */
async function asked(forward: number, question: string): Promise<string> {
  for (const until = Date.now() + BOOT_MS; Date.now() < until; await sleep(500)) {
    const socket = connect(forward, '127.0.0.1')
    let said = ''
    socket.on('error', () => {})
    socket.on('data', (data) => {
      said += data
    })
    socket.write(`${question}\n`)
    await new Promise((resolve) => socket.once('close', resolve))
    if (said !== '') return said.trim()
  }
  throw new Error('the forwarded port does not answer')
}

/** Whether the guest says anything to whom its forwarded port is asked by. */
async function answersSoon(forward: number): Promise<boolean> {
  const socket = connect(forward, '127.0.0.1')
  let said = ''
  socket.on('error', () => {})
  socket.on('data', (data) => {
    said += data
  })
  socket.write('127.0.0.1 80\n')
  await Promise.race([once(socket, 'close'), sleep(5_000)])
  socket.destroy()
  return said !== ''
}

test('a guest is reached over its forwarded port, and reaches nothing that listens on the host', async (t) => {
  const image = await buildSmall({
    cacheDirectory,
    hooks: [Buffer.from(hook)],
    extra: {
      'etc/reach': Buffer.from(reach),
      ...guestModules([...MODULES]),
    },
  })
  const secret = await port(t, { listening: true })
  const hostPort = await port(t, { listening: false })
  const forwards = [{ hostAddress: '127.0.0.1' as const, hostPort, guestPort: 80 }]
  const network = { kind: 'user' as const, mac: '52:54:00:12:34:56', forwards }
  const { vm, log } = await smallVm(t, { image, network })
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  assert.equal(
    await asked(hostPort, '127.0.0.1 80'),
    'refused',
    'the guest’s own, while it is busy',
  )

  const open = log.find(({ event }) => event === 'loopback-open')?.message ?? false
  await t.test(
    'with rules the host is closed to it, without them it is not',
    {
      skip: open,
    },
    async () => {
      for (const address of ['10.0.2.2', '127.0.0.2'])
        assert.equal(await asked(hostPort, `${address} ${secret}`), 'refused')
      const tables = String(spawnSync('nft', ['list', 'tables']).stdout)
      const [, table] = /inet (trusted_launch_\d+)/.exec(tables)!
      spawnSync('nft', ['delete', 'table', 'inet', table!])
      assert.equal(await asked(hostPort, `10.0.2.2 ${secret}`), 'reached')
    },
  )

  await t.test('isolated it is not, also after a restart, and its agent answers', async () => {
    await vm.setIsolated(true)
    assert.equal(await answersSoon(hostPort), false)
    await vm.channel.ask('info', undefined as never)
    await vm.stop({ graceful: false })
    await vm.start()
    await vm.waitForAgent(BOOT_MS)
    assert.equal(await answersSoon(hostPort), false)
    await vm.setIsolated(false)
    assert.equal(await asked(hostPort, '127.0.0.1 80'), 'refused')
  })
})

/** The same, of a guest that asks for its address. */
const asking = hook
  .replace(/^ip addr .*\n/m, 'udhcpc -i eth0 -q -t 20 -s /etc/lease\n')
  .replace(/^ip route .*\n/m, '')
const lease = `#!/bin/busybox sh
[ "$1" = bound ] || exit 0
ip addr add $ip/24 dev eth0
ip route add default via $router
`

test("a guest of a host's network gets its address, is reached through the bridge, and not once its group forbids it", async (t) => {
  const image = await buildSmall({
    cacheDirectory,
    hooks: [Buffer.from(asking)],
    extra: {
      'etc/reach': Buffer.from(reach),
      'etc/lease': Buffer.from(lease),
      ...guestModules([...MODULES]),
    },
  })
  const secret = await port(t, { listening: true })
  const hostPort = await port(t, { listening: false })
  const mac = '52:54:00:12:34:56'
  const network = { kind: 'bridged' as const, mac, network: 'net' }
  const { host, vm } = await smallVm(t, { image, network })
  const mode = await host.networkMode()
  if (mode.kind !== 'bridged') return t.skip(mode.reason)
  const plan = (inbound: InterfacePlan['inbound']) => ({
    id: 'net',
    subnets: [{ prefix: '10.77.0.0/24', gateway: '10.77.0.1' }],
    interfaces: [
      {
        ...{ machine: vm.id, mac, address: '10.77.0.4', name: 'small', inbound, outbound: [] },
        ...{ forwards: [{ hostPort, guestPort: 80 }], publicAddress: null },
      },
    ],
  })
  try {
    await host.networks.put(plan([]))
    await vm.start()
    await vm.waitForAgent(BOOT_MS)
    assert.equal(await asked(hostPort, '10.77.0.4 80'), 'refused', 'its own, while it is busy')
    for (const address of ['10.77.0.1', '100.64.0.1', '127.0.0.1'])
      assert.equal(await asked(hostPort, `${address} ${secret}`), 'refused')
    await vm.setIsolated(true)
    assert.equal(await answersSoon(hostPort), false)
    await vm.setIsolated(false)
    assert.equal(await asked(hostPort, '10.77.0.4 80'), 'refused')
    await host.networks.put(plan([[]]))
    assert.equal(await answersSoon(hostPort), false)
  } finally {
    await host.networks.remove('net')
  }
})

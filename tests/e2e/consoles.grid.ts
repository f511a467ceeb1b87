/** One VM under the control plane, on a real host: its screen and its serial port through the service's WebSocket. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildSmall, putIntoEsp } from '@trusted-launch/host'
import { aTicket, Viewer } from '../../apps/service/test/a-viewer.ts'
import { aVm } from '../../apps/service/test/a-vm.ts'
import { RealService, until } from './a-real-service.ts'
import { cacheDirectory } from './machines.ts'
import { filesOn } from './other-kernel.ts'

/** Answers each line. */
const HOOK = `#!/bin/busybox sh
while read -r line; do echo "heard: $line"; done </dev/ttyS0 &
`

test('a VM with a screen that may be looked at measures what it was foretold, shows its screen, and hears what is typed at its serial port', {
  timeout: 600_000,
}, async (t) => {
  const service = await RealService.open(t)
  const { id, end } = await aVm(service.client)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const { client } = service
  const attest = `${id}/providers/TrustedLaunch/evidence/attest`
  await until(async () => {
    await client.over(await client.ask('POST', attest))
    return (await service.verdicts(id)).length > 0
  }, 'a verdict')
  assert.deepEqual([...new Set(await service.verdicts(id))], ['affirming'])
  const ask: typeof client.ask = (...of) => client.ask(...of)

  const screen = new Viewer(client, (await aTicket(ask, id, 'watch', 'screen')).ticket)
  t.after(() => screen.socket.terminate())
  assert.equal(await screen.opened, null)
  await screen.sees('RFB 003.008\n')
  screen.type(Buffer.from('RFB 003.008\n'))
  await until(async () => screen.shown.length >= 14, 'its kinds of security')
  assert.deepEqual([...screen.shown.subarray(12)], [1, 1])
  screen.type(Buffer.from([1]))
  await until(async () => screen.shown.length >= 18, 'security is done')
  screen.type(Buffer.from([0]))
  await until(async () => screen.shown.length >= 42, 'what its screen is')
  const [width, height] = [screen.shown.readUInt16BE(18), screen.shown.readUInt16BE(20)]
  assert.ok(width >= 640 && height >= 400, `${width} x ${height}`)
  const before = screen.shown.length
  screen.type(Buffer.from([3, 0, 0, 0, 0, 0, width >> 8, width & 255, height >> 8, height & 255]))
  await until(async () => screen.shown.length - before > width * height, 'a picture of it')

  const [machine] = await service.host.machines()
  await client.over(await client.ask('POST', `${id}/deallocate`))
  assert.equal((await screen.ended).reason, 'MachineEnded')
  const other = await buildSmall({ cacheDirectory, hooks: [Buffer.from(HOOK)] })
  const disk = join(service.folderOf(machine!), 'machine/disk')
  await putIntoEsp(disk, await filesOn(other.path, ['initrd.img']))
  await client.over(await client.ask('POST', `${id}/start`))
  const one = new Viewer(client, (await aTicket(ask, id)).ticket)
  const two = new Viewer(client, (await aTicket(ask, id)).ticket)
  t.after(() => [one, two].map(({ socket }) => socket.terminate()))
  assert.deepEqual([await one.opened, await two.opened], [null, null])
  await one.sees('Linux version')
  one.type('one\n')
  await one.sees('heard: one')
  await two.sees('heard: one')
  one.socket.close()
  two.socket.close()
  await Promise.all([one.ended, two.ended])
  const again = new Viewer(client, (await aTicket(ask, id)).ticket)
  t.after(() => again.socket.terminate())
  await again.sees('heard: one')
  again.type('two\n')
  await again.sees('heard: two')
  await client.over(await client.ask('POST', `${id}/powerOff`))
  assert.equal((await again.ended).reason, 'MachineEnded')
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LogEntry, openHost, putIntoEsp } from '@trusted-launch/host'
import { atEnd, BOOT_MS, closeAtEnd, smallImage, specOf, testFolder } from './machines.ts'

const machines = new URL('machines.ts', import.meta.url).href

test('a VM whose manager was killed in mid-boot runs on, is taken over, attests, and ends as the guest wants', async (t) => {
  const stateDirectory = testFolder(t)
  const image = await smallImage()
  const manager = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { openHost } from '@trusted-launch/host'
       import { specOf } from ${JSON.stringify(machines)}
       const host = await openHost({ stateDirectory: ${JSON.stringify(stateDirectory)} })
       const vm = await host.create(specOf(${JSON.stringify(image)}))
       await vm.start()
       console.log('started')
       setInterval(() => {}, 1000)`,
    ],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [said] = await once(manager.stdout!, 'data')
  assert.equal(String(said), 'started\n')
  await assert.rejects(openHost({ stateDirectory }), { code: 'state-locked' })
  manager.kill('SIGKILL')
  await once(manager, 'exit')

  const host = await openHost({ stateDirectory })
  closeAtEnd(t, host)
  const vm = host.machine('vm-1')
  assert.equal(vm.status().state, 'running')
  const info = await vm.waitForAgent(BOOT_MS)
  assert.match(info.lockdown ?? '', /\[integrity\]/)
  const evidence = await vm.collectEvidence({
    nonce: new Uint8Array(32).fill(7),
    pcrs: [0, 4, 7],
    banks: ['sha256'],
  })
  assert.equal(evidence.quotes.length, 1)
  assert.deepEqual(evidence.akPublic, vm.identity!.akPublic)
  assert.deepEqual(await vm.stop({ timeoutMs: 60_000 }), { graceful: true })
  assert.equal(vm.status().state, 'stopped')
})

test('the next manager tells apart a VM that crashed, one whose vTPM is lost, and one that powered off', async (t) => {
  const stateDirectory = testFolder(t)
  const log: LogEntry[] = []
  const open = () => openHost({ stateDirectory, log: (entry) => log.push(entry) })
  let host = await open()
  atEnd(t, async () => {
    for (const each of host.machines()) await each.delete()
    await host.close()
  })
  await host.create(specOf(await smallImage()))
  const vm = () => host.machine('vm-1')
  const next = async () => {
    await host.close()
    host = await open()
  }

  await vm().start()
  await next()
  assert.equal(vm().status().state, 'running')
  const { qemu } = vm().processes!
  await host.close()
  process.kill(qemu!.pid, 'SIGKILL')
  host = await open()
  assert.equal(vm().status().state, 'crashed')

  await vm().start()
  const { swtpm } = vm().processes!
  await host.close()
  process.kill(swtpm!.pid, 'SIGKILL')
  host = await open()
  for (let i = 0; i < 300 && vm().status().held === null; i++) await sleep(100)
  assert.equal(vm().status().held, 'vtpm-lost')
  await vm().stop()
  assert.equal(vm().status().state, 'vtpm-lost')

  const halt = Buffer.from('set timeout=0\nhalt\n')
  await putIntoEsp(vm().disk.path, new Map([['EFI/debian/grub.cfg', halt]]))
  await vm().start()
  for (const until = performance.now() + BOOT_MS; performance.now() < until; await sleep(3_000)) {
    await next()
    if (vm().status().state !== 'running') break
  }
  assert.equal(vm().status().state, 'exited')
  const told = log.map(({ event }) => event).filter((event) => event !== 'vtpm-note')
  for (const event of ['adopted', 'crashed', 'vtpm-lost', 'exited']) assert.ok(told.includes(event))
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { openHost } from '@trusted-launch/host'
import { BOOT_MS, closeAtEnd, smallImage, testFolder } from './machines.ts'

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
  assert.deepEqual(evidence.akPublic, vm.identity.akPublic)
  assert.deepEqual(await vm.stop({ timeoutMs: 60_000 }), { graceful: true })
  assert.equal(vm.status().state, 'stopped')
})

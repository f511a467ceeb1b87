import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildSmall, openHost } from '@trusted-launch/host'
import { atEnd, BOOT_MS, cacheDirectory, specOf, testFolder } from './machines.ts'

/** Answers each line, and says the same once more when nobody may listen any more. */
const hook = `#!/bin/busybox sh
while read -r line; do echo "heard: $line"; (sleep 3; echo "again: $line") & done </dev/ttyS0 &
`

test('a console is read and typed at, one has it at a time, and what it prints is kept with or without', async (t) => {
  const stateDirectory = testFolder(t)
  let host = await openHost({ stateDirectory })
  atEnd(t, async () => {
    for (const each of host.machines()) await each.delete()
    await host.close()
  })
  const image = await buildSmall({ cacheDirectory, hooks: [Buffer.from(hook)] })
  const vm = () => host.machine('vm-1')
  const kept = async (text: string) => {
    for (const until = Date.now() + 20_000; Date.now() < until; await sleep(100))
      if (vm().consoles.tail().includes(text)) return
    assert.fail(`${text} is not in ${vm().consoles.tail()}`)
  }
  await host.create(specOf(image))
  await assert.rejects(vm().consoles.openSerial(), { code: 'machine-not-running' })
  await vm().start()
  await vm().waitForAgent(BOOT_MS)

  const console = await vm().consoles.openSerial()
  await assert.rejects(vm().consoles.openSerial(), { code: 'machine-console-in-use' })
  let seen = ''
  console.on('data', (bytes) => {
    seen += bytes
  })
  console.write('one\n')
  await kept('heard: one')
  assert.match(seen, /heard: one/)
  console.destroy()
  await kept('again: one')
  assert.doesNotMatch(seen, /again: one/)

  const second = await vm().consoles.openSerial()
  second.write('two\n')
  await kept('heard: two')
  await host.close() // while somebody has it
  assert.ok(second.destroyed)
  host = await openHost({ stateDirectory })
  await kept('again: two')
  const third = await vm().consoles.openSerial()
  third.resume()
  const ended = new Promise((resolve) => third.once('close', resolve))
  await vm().stop({ graceful: false })
  await ended
})

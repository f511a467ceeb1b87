import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { guestProgram } from '@trusted-launch/agent/test-programs'
import { buildSmall } from '@trusted-launch/host'
import { atEnd, BOOT_MS, cacheDirectory, isPlain, lineOf, smallVm, testFolder } from './machines.ts'

/** Where the guest's program writes: see flash-write.c. */
const AT = 0x3_0000

/** What the guest's kernel offers, and what it answers when it is asked for S3. */
const sleepStates = `#!/bin/busybox sh
echo "sleep: $(cat /sys/power/state); mem is $(cat /sys/power/mem_sleep); disk is $(cat /sys/power/disk)"
echo "sleep: $(dmesg | grep -o 'ACPI: PM: (supports .*)')"
echo deep >/sys/power/mem_sleep && echo "sleep: deep taken" || echo "sleep: deep refused"
`

/** The arguments of the VM's QEMU without what protects flash and PCRs, and without its TPM. */
function unprotected(pid: number): string[] {
  const [, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  const without = /property=secure|disable_s[34]|chrtpm|tpm-crb|emulator,id=tpm/
  const args: string[] = []
  for (let i = 0; i < words.length; i++) {
    const isAlone = words[i + 1]?.startsWith('-') ?? true
    const option = isAlone ? [words[i]!] : [words[i]!, words[++i]!]
    if (option[0] !== '-S' && !without.test(option[1] ?? '')) args.push(...option)
  }
  return [...args.join('\n').replace('chardev:console', 'file:console').split('\n')]
}

/** Boots a copy of the VM with these arguments; answers its console and its store. */
async function bootCopy(t: TestContext, machine: string, program: string, args: string[]) {
  const folder = join(testFolder(t), 'machine')
  mkdirSync(folder)
  cpSync(machine, folder, { recursive: true, filter: isPlain })
  const qemu = spawn(program, args, { cwd: folder, stdio: 'inherit' })
  atEnd(t, () => qemu.kill('SIGKILL'))
  const read = () => {
    const path = join(folder, 'console')
    return existsSync(path) ? readFileSync(path, 'latin1') : ''
  }
  for (const until = Date.now() + BOOT_MS; !/sleep: deep/.test(read()); await sleep(200))
    assert.ok(Date.now() < until && qemu.exitCode === null, read().slice(-2000))
  return { console: read(), store: readFileSync(join(folder, 'vars.fd')) }
}

test('a guest that writes to the flash itself leaves the variable store as it was, and knows no S3 and no S4', async (t) => {
  const hooks = [await guestProgram('flash-write'), Buffer.from(sleepStates)]
  const image = await buildSmall({ cacheDirectory, hooks })
  const { vm } = await smallVm(t, { image, secureBoot: false })
  await vm.start()
  const { pid, executable } = vm.processes!.qemu!
  const args = unprotected(pid)
  const info = await vm.waitForAgent(BOOT_MS)
  assert.equal(await lineOf(vm, 'flash-write'), "tried on '_', before ff, after ff")
  assert.match(
    await lineOf(vm, 'sleep', 1),
    /^freeze mem.*; mem is \[s2idle\]; disk is (?!.*platform)/,
  )
  assert.equal(await lineOf(vm, 'sleep', 2), 'ACPI: PM: (supports S0 S5)')
  assert.equal(await lineOf(vm, 'sleep', 3), 'deep refused')
  assert.match(info.sleepStates, /mem is \[s2idle\]$/)
  await vm.stop({ graceful: false })
  assert.equal((await vm.readVariables())[AT], 0xff)

  // The same guest without the protection: it writes to the store, and S3 and S4 are there.
  const control = await bootCopy(t, join(vm.folder, 'machine'), executable, args)
  assert.match(control.console, /flash-write: tried on '_', before ff, after 00/)
  assert.match(control.console, /sleep: .*deep.*platform/)
  assert.match(control.console, /supports S0 S3 S4 S5/)
  assert.equal(control.store[AT], 0x00)
})

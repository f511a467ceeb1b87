import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildSmall } from '@trusted-launch/host'
import { guestModules } from './guest-modules.ts'
import { BOOT_MS, cacheDirectory, lineOf, smallVm, testFolder } from './machines.ts'

const modules = ['scsi_common', 'scsi_mod', 'sd_mod', 'virtio_scsi']
/** Writes one count after the other to both disks: first to its own, at 1 MiB before its end, then to the other. */
const hook = `#!/bin/busybox sh
for module in ${modules.join(' ')}; do insmod /lib/modules/$module.ko; done
while [ ! -e /dev/sda ]; do usleep 100000; done
sectors=$(cat /sys/block/vda/size)
echo counting: yes
count=1000
while true; do
  for disk in "/dev/vda $((sectors - 2048))" "/dev/sda 0"; do
    set -- $disk
    echo $count | dd of=$1 bs=512 seek=$2 conv=sync,notrunc oflag=direct 2>/dev/null
  done
  count=$((count + 1))
done &
`
const MIB = 1 << 20

test('disks of a VM that runs are copied as they are at one moment, and it runs on', async (t) => {
  const image = await buildSmall({
    cacheDirectory,
    hooks: [Buffer.from(hook)],
    extra: guestModules(modules),
  })
  const folder = join(testFolder(t), 'disks')
  mkdirSync(folder, { mode: 0o700 })
  const data = join(folder, 'data')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', data, String(64 * MIB)])
  const { vm } = await smallVm(t, {
    image,
    dataDisks: [{ lun: 0, path: data, format: 'qcow2' }],
  })
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  await lineOf(vm, 'counting')
  const { signal } = new AbortController()
  const copy = async (name: string) => {
    const [own, other] = ['own', 'data'].map((disk) => join(folder, `${name}-${disk}`))
    const copies = [
      { lun: null, to: own! },
      { lun: 0, to: other! },
    ]
    const { consistency } = await vm.copies.take(copies, join(folder, 'work'), signal)
    assert.equal(consistency, vm.status().state === 'running' ? 'crash' : 'stopped')
    const counts = [own!, other!].map((path, nth) => {
      const raw = `${path}.raw`
      execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', path, raw])
      const at = nth === 0 ? statSync(raw).size - MIB : 0
      return Number(readFileSync(raw).subarray(at, at + 4))
    })
    // The guest writes the same to one after the other: of one moment they are equal, or the first is ahead.
    assert.ok(counts[0]! - counts[1]! === 0 || counts[0]! - counts[1]! === 1, `${counts}`)
    return counts[0]!
  }
  const first = await copy('first')
  const second = await copy('second')
  assert.ok(first >= 1000 && second > first, `${first}, ${second}`)
  assert.deepEqual(
    readdirSync(join(vm.folder, 'machine')).filter((name) => name.startsWith('backup')),
    [],
  )
  await vm.stop({ graceful: false })
  assert.ok((await copy('third')) >= second)
  assert.deepEqual(readdirSync(folder).includes('work'), false)
})

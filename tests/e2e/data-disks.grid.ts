import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildSmall, type Machine } from '@trusted-launch/host'
import { guestModules } from './guest-modules.ts'
import { BOOT_MS, cacheDirectory, smallVm, testFolder } from './machines.ts'

const modules = ['scsi_common', 'scsi_mod', 'sd_mod', 'virtio_scsi']
/** Prints the disks whenever they are others, and writes to each when it comes. */
const hook = `#!/bin/busybox sh
for module in ${modules.join(' ')}; do insmod /lib/modules/$module.ko; done
former=
while true; do
  now=
  for unit in /sys/class/scsi_device/*; do
    [ -e "$unit" ] || continue
    disk=$(ls $unit/device/block)
    now="$now \${unit##*:}=$(cat /sys/block/$disk/size)"
    case "$former" in *" \${unit##*:}="*) ;; *) echo hello >/dev/$disk; sync ;; esac
  done
  now="$now os=$(cat /sys/block/vda/size)"
  [ "$now" = "$former" ] || echo "disks:$now"
  former=$now
  usleep 200000
done &
`
const MIB = 1 << 20
/** So long a change may take to be seen, under emulation. */
const CHANGE_MS = 30_000

/** Waits until the guest says that its disks are these, in sectors. */
async function untilDisks(vm: Machine, wanted: string): Promise<void> {
  let last: string | undefined
  for (const until = Date.now() + CHANGE_MS; Date.now() < until; await sleep(100)) {
    last = [...vm.consoles.tail().matchAll(/disks: (.*)\r?\n/g)].at(-1)?.[1]
    if (last === wanted) return
  }
  throw new Error(`the guest's disks are ${last}, not ${wanted}`)
}

test('data disks come, grow and go while the guest runs, and the guest’s own grows', async (t) => {
  const image = await buildSmall({
    cacheDirectory,
    hooks: [Buffer.from(hook)],
    extra: guestModules(modules),
  })
  const folder = join(testFolder(t), 'closed')
  mkdirSync(folder, { mode: 0o700 })
  const disk = (name: string, format: 'raw' | 'qcow2') => {
    const path = join(folder, name)
    execFileSync('qemu-img', ['create', '-q', '-f', format, path, String(MIB)])
    return { path, format }
  }
  const first = { lun: 1, ...disk('first', 'raw') }
  const second = { lun: 63, ...disk('second', 'qcow2') }
  const third = { lun: 2, ...disk('third', 'raw'), readOnly: true }
  const own = statSync(image.path).size
  const { vm } = await smallVm(t, { image, dataDisks: [first] })
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  await untilDisks(vm, `1=2048 os=${own / 512}`)

  await vm.disks.attach(second)
  await untilDisks(vm, `1=2048 63=2048 os=${own / 512}`)
  await vm.disks.attach(third)
  await vm.disks.resize(63, 2 * MIB)
  await vm.disks.resize(null, own + MIB)
  await untilDisks(vm, `1=2048 2=2048 63=4096 os=${own / 512 + 2048}`)
  await assert.rejects(vm.disks.resize(null, own), { code: 'machine-disk-failed' })

  for (const lun of [1, 63]) await vm.disks.detach(lun)
  await untilDisks(vm, `2=2048 os=${own / 512 + 2048}`)
  await assert.rejects(vm.disks.attach({ ...second, lun: 2 }), { code: 'machine-disk-in-use' })
  writeFileSync(second.path, new Uint8Array(512))
  await assert.rejects(vm.disks.attach({ ...second, format: 'qcow2' }), { code: 'qmp-refused' })
  assert.deepEqual(
    vm.spec.dataDisks?.map(({ lun }) => lun),
    [2],
  )
  const begin = (path: string) => readFileSync(path).subarray(0, 5).toString()
  assert.equal(begin(first.path), 'hello')
  assert.notEqual(begin(third.path), 'hello')
  assert.equal(statSync(second.path).nlink, 1, 'a disk that could not come is given back')
})

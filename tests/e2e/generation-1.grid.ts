import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Machine } from '@trusted-launch/host'
import { BOOT_MS, smallImage, smallVm, testFolder } from './machines.ts'

const SAYS = 'trusted-launch: a BIOS started me\r\n'

/** A boot sector that writes a text to the first serial port, and halts. */
function bootSector(): Buffer {
  const code = [
    ...[0xfc, 0xba, 0xf8, 0x03, 0x31, 0xc0, 0x8e, 0xd8, 0xbe, 0x16, 0x7c],
    ...[0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xf4, 0xeb, 0xfd],
  ]
  const sector = Buffer.alloc(512)
  Buffer.from(code).copy(sector)
  sector.write(`${SAYS}\0`, code.length, 'latin1')
  sector.set([0x55, 0xaa], 510)
  return sector
}

async function until(vm: Machine, text: string): Promise<void> {
  for (const end = Date.now() + BOOT_MS; !vm.consoles.tail().includes(text); await sleep(200))
    if (Date.now() > end) throw new Error(`it did not say so:\n${vm.consoles.tail()}`)
}

test('a disk of generation 1 is started by a BIOS, and one that boots by UEFI, from then on, under Secure Boot with a vTPM', async (t) => {
  const path = join(testFolder(t), 'disk.raw')
  writeFileSync(path, Buffer.concat([bootSector(), Buffer.alloc(1 << 20)]))
  const { vm } = await smallVm(t, {
    ...{ image: { path, format: 'raw' }, firmware: 'bios' },
    ...{ secureBoot: false, vtpm: null },
  })
  await vm.start()
  await until(vm, SAYS.trim())
  await vm.stop({ graceful: false })
  await assert.rejects(vm.settings.setVtpm(true), { code: 'machine-bad-spec' })

  // What a conversion within the guest comes to.
  await vm.disks.replace(await smallImage())
  await vm.settings.setFirmware('uefi')
  await vm.settings.setVtpm(true)
  await vm.settings.setSecureBoot(true)
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
})

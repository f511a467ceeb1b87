import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSmall } from '@trusted-launch/host'
import { BOOT_MS, cacheDirectory, smallVm } from './machines.ts'

/**
 * Where the firmware's variables are mapped: the store is the first of the two flash files below 4 GiB.
 * OVMF, OVMF_CODE_4M: 4 MiB in all.
 */
const FLASH = 0xffc0_0000
/** In the store's free end: a byte that nobody writes. */
const AT = 0x3_0000

/** Root of a guest without lockdown programs a byte of the flash: write command, data, back to reading. */
const hook = `#!/bin/busybox sh
at=0x${(FLASH + AT).toString(16)}
echo "flash before: $(devmem $at 8)"
devmem $at 8 0x40
devmem $at 8 0x00
devmem $at 8 0xff
echo "flash after: $(devmem $at 8)"
echo "sleep: $(cat /sys/power/state) / $(cat /sys/power/mem_sleep)"
`

test('a guest that writes to the flash itself leaves the variable store as it was, and has no deep sleep', async (t) => {
  const image = await buildSmall({ cacheDirectory, hooks: [Buffer.from(hook)] })
  const { vm } = await smallVm(t, { image, secureBoot: false })
  await vm.start()
  const info = await vm.waitForAgent(BOOT_MS)
  const console = vm.consoleTail()
  const said = (what: string) => new RegExp(`${what}: (.*?)\\r?\\n`).exec(console)?.[1]
  assert.match(said('flash before') ?? '', /^0x[0-9A-F]+$/, console)
  assert.ok(said('flash after') !== undefined, console)
  assert.doesNotMatch(said('sleep') ?? 'deep', /deep/)
  assert.doesNotMatch(info.sleepStates, /deep/)
  await vm.stop({ graceful: false })
  const store = await vm.readVariables()
  assert.equal(store[AT], 0xff)
})

import { fromHex } from '@trusted-launch/codec'

/** The layout of OVMF's 4 MiB build: a volume of 0x84000 bytes, a store of 0x40000, a working block. */
const volumeHeader =
  `${'00'.repeat(16)}8d2bf1ff96768b4ca9852747075b4f50` +
  '00400800000000005f465648fffe04004800afb8000000028400000000100000' +
  `${'00'.repeat(8)}782cf3aa7b949a43a1802e144ec37792b8ff03005afe000000000000`
const workingBlock = '2b29589e687c7d49a0ce6500fd9f1b952caf2c64feffffffe00f000000000000'

/** A blank variable store, as the firmware's package has it. */
export function blankStore(): Uint8Array {
  const file = new Uint8Array(0x84000).fill(0xff)
  file.set(fromHex(volumeHeader))
  file.set(fromHex(workingBlock), 0x41000)
  return file
}

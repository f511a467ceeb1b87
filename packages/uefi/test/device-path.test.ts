import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, fromHex } from '@trusted-launch/codec'
import { checkCodec } from '@trusted-launch/codec/check'
import { DevicePath, EFI_LOAD_OPTION, formatDevicePath } from '../src/index.ts'

const file = '04040c005c0041002e0065000000'.replace('0c00', '0e00')
const paths: Record<string, readonly [string, string]> = {
  'a virtio disk': [
    '02010c00d041030a00000000010106000002' + '7fff0400',
    'PciRoot(0x0)/Pci(0x2,0x0)',
  ],
  'a file on a partition': [
    '04012a00010000000008000000000000' +
      '0070010000000000c1d7a8925e334f0f' +
      '8b6655d2a9c4e7020202' +
      file +
      '7fff0400',
    'HD(1,GPT,92A8D7C1-335E-0F4F-8B66-55D2A9C4E702,0x800,0x17000)/\\A.e',
  ],
  'the firmware’s shell': [
    '04071400c9bdb87cebf8344faaea3ee4af6516a1' +
      '0406140083a5047c3e9e1c4fad65e05268d0b4d1' +
      '7fff0400',
    'Fv(7CB8BDC9-F8EB-4F34-AAEA-3EE4AF6516A1)/FvFile(7C04A583-9E3E-4F1C-AD65-E05268D0B4D1)',
  ],
  'two instances': [
    '010106000002' + '7f010400' + '010106000103' + '7fff0400',
    'Pci(0x2,0x0),Pci(0x3,0x1)',
  ],
  'an unknown node': ['0163060001027fff0400', 'Path(1,99,0102)'],
  'a known node that is too short': ['01010500007fff0400', 'Path(1,1,00)'],
  NVMe: ['0317100001000000' + '0102030405060708' + '7fff0400', 'NVMe(0x1,01-02-03-04-05-06-07-08)'],
}

test('device paths read and write the same bytes and refuse every truncation', () => {
  const vectors = Object.entries(paths).map(([title, [hex]]) => [title, hex])
  checkCodec(DevicePath, Object.fromEntries(vectors))
})

for (const [title, [hex, expected]] of Object.entries(paths))
  test(`${title} is written as ${expected}`, () => {
    assert.equal(formatDevicePath(decode(DevicePath, fromHex(hex))), expected)
  })

test('a node shorter than its head and a path without an end are refused', () => {
  assert.throws(() => decode(DevicePath, fromHex('010103007fff0400')), /3 bytes/)
  assert.throws(() => decode(DevicePath, fromHex('0101060000' + '02')), /truncated/)
  assert.throws(
    () => decode(DevicePath, fromHex('01010600000'.padEnd(12, '2').repeat(70))),
    /64 nodes/,
  )
})

test('a boot option reads and writes the same bytes', () => {
  const filePathList = fromHex(paths['a virtio disk']![0])
  const option = {
    attributes: 1,
    description: 'Disk',
    filePathList,
    optionalData: Uint8Array.of(7),
  }
  const bytes = encode(EFI_LOAD_OPTION, option)
  checkCodec(EFI_LOAD_OPTION, { Disk: bytes }, { openEnded: true })
  for (let size = 0; size < bytes.length - 1; size++)
    assert.throws(() => decode(EFI_LOAD_OPTION, bytes.subarray(0, size)))
})

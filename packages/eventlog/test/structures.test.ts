import test from 'node:test'
import { concat, fromLatin1, toUtf16le } from '@trusted-launch/codec'
import { checkCodec } from '@trusted-launch/codec/check'
import { TCG_EfiSpecIDEvent } from '../src/event.ts'
import * as structures from '../src/event-data-structures.ts'
import { logOf } from './a-log.ts'

const hex = (count: number, byte = '00') => byte.repeat(count)
const guid = '61dfe48bca93d211aa0d00e098032b8c'

test('the Spec ID event holds for every truncation and a thousand mutations', () => {
  checkCodec(TCG_EfiSpecIDEvent, { 'two banks': logOf([], ['sha256', 'sha384']).events[0]!.data })
})

test("an image's load event, a firmware blob and hand-off tables hold likewise", () => {
  checkCodec(structures.UEFI_IMAGE_LOAD_EVENT, {
    'end of path': `${hex(24, '01')}04000000000000007fff0400`,
  })
  checkCodec(structures.UEFI_PLATFORM_FIRMWARE_BLOB, { PEIFV: '00008200000000000000e00000000000' })
  checkCodec(structures.UEFI_PLATFORM_FIRMWARE_BLOB2, {
    named: '0344584500000900000000000000c00000000000',
  })
  checkCodec(structures.UEFI_HANDOFF_TABLE_POINTERS, {
    one: `0100000000000000${guid}${hex(8)}`,
    none: hex(8),
  })
  checkCodec(structures.UEFI_HANDOFF_TABLE_POINTERS2, {
    one: `01410100000000000000${guid}${hex(8)}`,
  })
})

test('a partition table holds likewise', () => {
  const header = concat(fromLatin1('EFI PART'), new Uint8Array(84))
  const name = concat(toUtf16le('ESP'), new Uint8Array(66))
  const entry = concat(new Uint8Array(56).fill(3), name)
  const count = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)
  checkCodec(structures.UEFI_GPT_DATA, { 'one partition': concat(header, count, entry) })
})

test('tags, the startup locality and the platform ids hold likewise', () => {
  checkCodec(structures.TCG_PCClientTaggedEvent, { initrd: 'ec223b8f03000000616200' })
  const signature = (text: string) => fromLatin1(text.padEnd(16, '\0'))
  const locality = concat(signature('StartupLocality'), Uint8Array.of(3))
  checkCodec(structures.TCG_EfiStartupLocalityEvent, { three: locality })
  const id = concat(signature('SP800-155 Event'), new Uint8Array(20).fill(5))
  checkCodec(structures.TCG_Sp800_155_PlatformId_Event, { first: id })
  const names = concat(
    new Uint8Array(20),
    Uint8Array.of(2, 65, 0, 1, 0, 1, 0, 1, 0, 9, 9, 9, 9, 1, 0),
  )
  checkCodec(structures.TCG_Sp800_155_PlatformId_Event2, {
    second: concat(signature('SP800-155 Event2'), names),
  })
  const locators = Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0)
  const third = concat(signature('SP800-155 Event3'), names, locators)
  checkCodec(structures.TCG_Sp800_155_PlatformId_Event3, { third })
})

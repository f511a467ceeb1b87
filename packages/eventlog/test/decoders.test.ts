import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode, fromLatin1, toHex, toUtf8 } from '@trusted-launch/codec'
import { checkCodecsAt, checkDecoder, decodersAt } from '@trusted-launch/codec/check'
import { digest } from '@trusted-launch/crypto'
import * as structures from '../src/event-data-structures.ts'
import * as door from '../src/index.ts'
import { bytesOf, logOf, separator, smallBoot } from './a-log.ts'

test('every structure at the door and within event data reads and writes the same bytes', () => {
  checkCodecsAt(door, { TCG_EfiSpecIDEvent: logOf([]).events[0]!.data })
  checkCodecsAt(structures)
})

const { EV } = door
const flag = Uint8Array.of(1)
const anywhere = { isWhole: () => true }
const digestOf = (text: string) => ({ algorithm: 'sha256', digest: digest('sha256', toUtf8(text)) })
const templateData = door.encodeTemplateData(digestOf('module'), '/lib/modules/a.ko')
const entry = {
  pcrIndex: 10,
  templateHash: digest('sha1', templateData),
  templateName: 'ima-ng',
  templateData,
  violation: false,
}
const record = {
  pcr: 11,
  digests: [{ hashAlg: 'sha256', digest: toHex(digestOf('enter-initrd').digest) }],
  content_type: 'systemd',
  content: { string: 'enter-initrd', bootId: '0f', timestamp: 1, eventType: 'phase' },
}
const old = encode(door.TCG_PCR_EVENT, {
  pcrIndex: 7,
  eventType: EV.SEPARATOR,
  digest: digest('sha1', new Uint8Array(4)),
  event: new Uint8Array(4),
})

/** Reads it, replays it, asks what each event says: nothing of that may fail otherwise. */
function understood(bytes: Uint8Array, formats?: door.DecodeOptions): void {
  const log = door.decodeEventLog(bytes, formats)
  const bank = log.algorithms[0] as 'sha1'
  door.replay(log, bank)
  for (const event of log.events)
    door.describeEvent(event, door.explain(event, bank), event.digests.get(bank))
}

const tried: Record<string, () => void> = {
  decodeEventLog: () => {
    const one = bytesOf([separator(0)])
    const start = bytesOf([]).length
    checkDecoder((bytes) => understood(bytes), { one }, { isWhole: (size) => size === start })
    checkDecoder((bytes) => understood(bytes), { boot: bytesOf(smallBoot()) }, anywhere)
    const formats = { formats: ['tcg-1.2'] } as const
    checkDecoder((bytes) => understood(bytes, formats), { old })
  },
  decodeEventData: () => {
    for (const eventType of Object.values(EV))
      for (const { data } of smallBoot())
        checkDecoder(
          (bytes) => door.describeData(door.decodeEventData({ eventType, data: bytes })),
          { [eventType]: data },
          { ...anywhere, tries: 5 },
        )
  },
  decodeSipa: () => {
    const boundary = [{ eventID: 0x40010001, eventData: [{ eventID: 0x40001, eventData: flag }] }]
    checkDecoder(door.decodeSipa, { 'one boundary': door.encodeSipa(boundary) })
  },
  decodeImaList: () =>
    checkDecoder(
      (bytes) => door.replayIma(door.decodeImaList(bytes), 'sha256', new Uint8Array(32)),
      { 'one entry': door.encodeImaList([entry]) },
      { isWhole: (size) => size === 0 },
    ),
  decodeUserspaceLog: () => {
    const text = `\x1e${JSON.stringify(record)}\n`
    checkDecoder(
      (bytes) => door.replayUserspaceLog(door.decodeUserspaceLog(bytes), 'sha256', new Map()),
      { 'one record': fromLatin1(text) },
      { isWhole: (size) => size === 0 },
    )
  },
}

for (const [name, run] of Object.entries(tried))
  test(`${name} refuses what is cut short, and raises only its own errors`, run)

test('no function that reads is left out', () => {
  assert.deepEqual(decodersAt(door), Object.keys(tried).sort())
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import {
  BANKS,
  decodeImaList,
  EV,
  encodeImaList,
  encodeTemplateData,
  extend,
  replayIma,
  templateDigest,
} from '@trusted-launch/eventlog'
import { appraiseEventLog, type EventLogInput } from '../src/appraise-event-log.ts'
import { PROFILES } from '../src/profile.ts'
import { banks, cleanBoot, evidenceOf, type Step } from './boot.ts'
import { given, withPcrs } from './given.ts'

/** Something of these digests, told as the firmware's, before it ended. */
const told = (pcrIndex: number, digestIn: (bank: HashName) => Uint8Array): Step => ({
  ...cleanBoot()[0]!,
  pcrIndex,
  eventType: EV.IPL,
  data: toUtf8('vmlinuz'),
  digests: new Map(banks.map((bank) => [bank, digestIn(bank)])),
})
const withTold = (...more: Step[]) => cleanBoot().toSpliced(-2, 0, ...more)
const bankIn = (value: Uint8Array) => banks.find((bank) => BANKS[bank].size === value.length)!

/** A boot whose IMA list names another kernel, and then, as a kernel that was started by it does, begins anew. */
function afterKexec() {
  const kernel = encodeTemplateData(
    { algorithm: 'sha256', digest: digest('sha256', toUtf8('kernel')) },
    '/boot/other',
  )
  const [aggregate] = decodeImaList(evidenceOf(cleanBoot(), { measured: [] }).evidence.imaLog!)
  const other = { ...aggregate!, templateData: kernel, templateHash: digest('sha1', kernel) }
  return decodeImaList(encodeImaList([aggregate!, other, aggregate!]))
}

test('an IMA list that begins where the firmware is said to have measured into its register is refused', () => {
  const list = afterKexec()
  const held = (input: EventLogInput) =>
    withPcrs(input, (pcrs) => {
      const bank = bankIn(pcrs.get(10)!)
      pcrs.set(10, replayIma(list, bank, new Uint8Array(BANKS[bank].size)).value)
    })
  for (const profile of PROFILES) {
    const genuine = { ...held(given(cleanBoot(), profile)), imaLog: encodeImaList(list) }
    const { claims, findings } = appraiseEventLog(genuine)
    assert.equal(claims['command-line']?.verified, false)
    assert.ok(findings.some(({ id }) => id === 'ima.unexpected-file'))
    for (const eventType of [EV.IPL, EV.EVENT_TAG, EV.COMPACT_HASH, EV.EFI_ACTION, 0x1234]) {
      const moved = list
        .slice(0, 2)
        .map((entry) => ({ ...told(10, (bank) => templateDigest(entry, bank)), eventType }))
      const { eventLog } = given(withTold(...moved), profile)
      const imaLog = encodeImaList(list.slice(2))
      const got = appraiseEventLog({ ...genuine, eventLog, imaLog })
      assert.equal(got.verified, false, `${profile} ${eventType}`)
    }
  }
})

const record = (text: string, eventType = 'phase') => {
  const digests = banks.map((hashAlg) => ({
    hashAlg,
    digest: toHex(digest(hashAlg, toUtf8(text))),
  }))
  return `\x1e${JSON.stringify({ pcr: 11, digests, content: { string: text, eventType } })}\n`
}

test('phases that the firmware is said to have measured, or what stood between them, leave none that is claimed', () => {
  const texts = ['enter-initrd', 'a word of somebody', 'leave-initrd', 'sysinit']
  const typeOf = (text: string) => (text.includes(' ') ? 'other' : 'phase')
  const held = (input: EventLogInput) =>
    withPcrs(input, (pcrs) => {
      const bank = bankIn(pcrs.get(11)!)
      for (const text of texts)
        pcrs.set(11, extend(bank, pcrs.get(11)!, digest(bank, toUtf8(text))))
    })
  const cut = (at: number, profile: (typeof PROFILES)[number]) => {
    const moved = texts.slice(0, at).map((text) => told(11, (bank) => digest(bank, toUtf8(text))))
    const { eventLog } = given(withTold(...moved), profile)
    const userspaceLog = toUtf8(
      texts
        .slice(at)
        .map((text) => record(text, typeOf(text)))
        .join(''),
    )
    return appraiseEventLog({ ...held(given(cleanBoot(), profile)), eventLog, userspaceLog })
  }
  for (const profile of PROFILES) {
    assert.deepEqual(
      [cut(0, profile).verified, cut(0, profile).claims['boot-phases']?.verified],
      [true, false],
    )
    for (const at of [1, 2, 3, 4]) assert.equal(cut(at, profile).verified, false)
  }
  texts.shift()
  const withoutFirst = cut(1, 'pc-client')
  assert.deepEqual(
    [withoutFirst.verified, withoutFirst.claims['boot-phases']?.verified],
    [true, false],
  )
})

test('what a stub measured of its sections, each behind its name, leaves the phases claimed', () => {
  const section = [
    { ...told(11, (bank) => digest(bank, toUtf8('.linux\0'))), data: toUtf8('.linux\0') },
    told(11, (bank) => digest(bank, toUtf8('kernel'))),
  ]
  const steps = withTold(...section)
  const input = withPcrs(given(steps), (pcrs) => {
    const bank = bankIn(pcrs.get(11)!)
    pcrs.set(11, extend(bank, pcrs.get(11)!, digest(bank, toUtf8('sysinit'))))
  })
  const { claims } = appraiseEventLog({ ...input, userspaceLog: toUtf8(record('sysinit')) })
  assert.deepEqual(claims['boot-phases'], { value: ['sysinit'], verified: true, events: [] })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  concat,
  encode,
  fromHex,
  MalformedError,
  toHex,
  toUtf16le,
  u32le,
} from '@trusted-launch/codec'
import { checkCodec, checkDecoder } from '@trusted-launch/codec/check'
import {
  decodeEventData,
  decodeEventLog,
  decodeSipa,
  describeData,
  describeEvent,
  EV,
  encodeSipa,
  explain,
  isAggregation,
  isSipaId,
  type NewEvent,
  NO_PCR,
  replay,
  SIPA_DEPTH_MAX,
  SIPA_EVENTS_MAX,
  SIPAERROR,
  SIPAEVENT,
  SIPAEVENT_REVOCATION_LIST_PAYLOAD,
  SIPAEVENT_SI_POLICY_PAYLOAD,
  sipaName,
  sipaNumber,
  sipaText,
  type TCG_PCClientTaggedEventStruct,
  TCG_PCR_EVENT,
} from '../src/index.ts'
import { bytesOf, event, logOf, noAction, smallBoot } from './a-log.ts'
import { corpus, evidence, skipWithoutCorpus } from './corpus.ts'

const flag = (eventID: number, value: number) => ({ eventID, eventData: Uint8Array.of(value) })
const boundary = (...eventData: TCG_PCClientTaggedEventStruct[]) => ({
  eventID: SIPAEVENT.TRUSTBOUNDARY,
  eventData,
})

/** So many boundaries inside one another. */
function nested(depth: number): TCG_PCClientTaggedEventStruct {
  return depth === 1 ? boundary() : boundary(nested(depth - 1))
}

/** The same as bytes, whatever the codec allows. */
function nestedBytes(depth: number): Uint8Array {
  const inner = depth === 1 ? new Uint8Array() : nestedBytes(depth - 1)
  return concat(encode(u32le, SIPAEVENT.TRUSTBOUNDARY), encode(u32le, inner.length), inner)
}

test('a SIPA id is known by its name, of events and of errors; an unknown one by its number', () => {
  assert.equal(sipaName(SIPAEVENT.VBS_VSM_REQUIRED), 'SIPAEVENT_VBS_VSM_REQUIRED')
  assert.equal(sipaName(SIPAERROR.TPMFAILURE), 'SIPAERROR_TPMFAILURE')
  assert.equal(sipaName(0x50099), 'SIPAEVENT(0x50099)')
})

test("ids of wbcl.h's families are SIPA's; tags of Linux and systemd are not", () => {
  for (const id of [...Object.values(SIPAEVENT), ...Object.values(SIPAERROR), 0x50099])
    assert.ok(isSipaId(id), sipaName(id))
  for (const id of [0, 0xffff, 0x8f3b22ec, 0x8f3b22ed, 0xf5bc582a, 0x000d0001, 0x00100001])
    assert.ok(!isSipaId(id), id.toString(16))
})

test('aggregations are opened, everything else keeps its bytes', () => {
  const module = {
    eventID: SIPAEVENT.LOADEDMODULE_AGGREGATION,
    eventData: [flag(SIPAEVENT.IMAGEVALIDATED, 1)],
  }
  const events = [boundary(flag(SIPAEVENT.BOOTDEBUGGING, 0), module)]
  const bytes = encodeSipa(events)
  assert.equal(
    toHex(bytes),
    '010001401a000000' + '010004000100000000' + '0300014009000000' + '0a0007000100000001',
  )
  assert.deepEqual(decodeSipa(bytes), events)
  assert.ok(isAggregation(SIPAEVENT.TRUSTPOINT_AGGREGATION) && !isAggregation(SIPAEVENT.SI_POLICY))
})

test('truncation, mutation and chance raise nothing but a MalformedError', () => {
  const bytes = encodeSipa([boundary(flag(SIPAEVENT.BOOTDEBUGGING, 0), nested(3))])
  checkDecoder(decodeSipa, { bytes })
  checkDecoder((mutated) => again(mutated), { bytes })
})

/** What is read is written as the same bytes. */
function again(bytes: Uint8Array): void {
  assert.equal(toHex(encodeSipa(decodeSipa(bytes))), toHex(bytes))
}

test('events are nested as deep as allowed, and not one deeper', () => {
  assert.deepEqual(decodeSipa(nestedBytes(SIPA_DEPTH_MAX - 1)), [nested(SIPA_DEPTH_MAX - 1)])
  assert.throws(() => decodeSipa(nestedBytes(SIPA_DEPTH_MAX)), /nested deeper than 8/)
  assert.throws(() => decodeSipa(nestedBytes(500)), MalformedError)
  assert.throws(() => encodeSipa([nested(SIPA_DEPTH_MAX)]), RangeError)
})

test('there may be as many events as allowed on all levels together, and not one more', () => {
  const empty = { eventID: SIPAEVENT.INFORMATION, eventData: new Uint8Array() }
  const many = (count: number) => Array.from({ length: count }, () => empty)
  const flat = (count: number) => encodeSipa(many(count))
  assert.equal(decodeSipa(flat(SIPA_EVENTS_MAX)).length, SIPA_EVENTS_MAX)
  assert.throws(() => decodeSipa(concat(flat(SIPA_EVENTS_MAX), flat(1))), MalformedError)
  const half = (SIPA_EVENTS_MAX - 2) / 2
  const whole = [boundary(...many(half)), boundary(...many(half))]
  assert.equal(decodeSipa(encodeSipa(whole)).length, 2)
  assert.throws(() => decodeSipa(encodeSipa([...whole, empty])), /more than 8192 events/)
})

test('a size beyond its event is refused before anything is read', () => {
  assert.throws(() => decodeSipa(fromHex('01000400ffffffff')), /more than 1048576/)
  assert.throws(() => decodeSipa(fromHex('0100040002000000ff')), /truncated/)
  assert.throws(() => decodeSipa(fromHex('010001400400000001000400')), /truncated/)
})

test("nothing, and somebody else's tag, are not SIPA", () => {
  assert.throws(() => decodeSipa(new Uint8Array()), /no event/)
  assert.throws(() => decodeSipa(fromHex('ec223b8f0100000000')), /tag 0x8f3b22ec/)
})

test('data of the other kind than the id says is not written', () => {
  const { TRUSTBOUNDARY, BOOTDEBUGGING } = SIPAEVENT
  assert.throws(() => encodeSipa([flag(TRUSTBOUNDARY, 0)]), RangeError)
  assert.throws(() => encodeSipa([{ eventID: BOOTDEBUGGING, eventData: [] }]), RangeError)
})

test('numbers have one, four or eight bytes; text is UTF-16 with at most one zero at its end', () => {
  assert.equal(sipaNumber(Uint8Array.of(1)), 1n)
  assert.equal(sipaNumber(fromHex('02010000')), 0x102n)
  assert.equal(sipaNumber(fromHex('0201000000000080')), 0x8000_0000_0000_0102n)
  for (const size of [0, 2, 3, 5, 16])
    assert.throws(() => sipaNumber(new Uint8Array(size)), MalformedError)
  assert.equal(sipaText(toUtf16le('\\Windows\0')), '\\Windows')
  assert.equal(sipaText(toUtf16le('\\Windows')), '\\Windows')
  assert.throws(() => sipaText(toUtf16le('a\0b')), MalformedError)
  assert.throws(() => sipaText(Uint8Array.of(65)), MalformedError)
})

test('revocation lists and policies hold for every truncation and a thousand mutations', () => {
  const digest = new Uint8Array(32).fill(7)
  checkCodec(SIPAEVENT_REVOCATION_LIST_PAYLOAD, {
    list: encode(SIPAEVENT_REVOCATION_LIST_PAYLOAD, { creationTime: 5n, hashAlgID: 11, digest }),
  })
  const policyName = toUtf16le('{a}.CIP\0')
  const policy = { policyVersion: 1n, hashAlgID: 11, policyName, digest }
  checkCodec(SIPAEVENT_SI_POLICY_PAYLOAD, { policy: encode(SIPAEVENT_SI_POLICY_PAYLOAD, policy) })
})

test('a listing names what Windows tagged', () => {
  const shown = (data: Uint8Array) =>
    describeData(decodeEventData({ data, eventType: EV.EVENT_TAG }))
  assert.equal(shown(encodeSipa([boundary()])), 'SIPAEVENT_TRUSTBOUNDARY nothing')
  assert.equal(shown(encodeSipa([flag(SIPAEVENT.WINPE, 1)])), 'SIPAEVENT_WINPE 01')
  assert.equal(
    shown(encodeSipa([boundary(flag(SIPAEVENT.WINPE, 0), boundary(flag(SIPAEVENT.SAFEMODE, 1)))])),
    'SIPAEVENT_TRUSTBOUNDARY { WINPE 00, TRUSTBOUNDARY { SAFEMODE 01 } }',
  )
  const broken = fromHex('010001400400000001000400')
  assert.equal(shown(broken), 'SIPAEVENT_TRUSTBOUNDARY 4 bytes not understood')
})

test('a real Windows log is read and written as the same bytes', {
  skip: skipWithoutCorpus,
}, () => {
  assert.ok(corpus !== null)
  const file = evidence('google__go-attestation/windows_gcp_shielded_vm.wbcl.bin')
  const { events } = decodeEventLog(file, { formats: ['tcg-1.2'] })
  const tagged = events.filter(({ eventType }) => eventType === EV.EVENT_TAG)
  assert.equal(tagged.length, 6)
  for (const { data } of tagged) again(data)
})

const quote = { eventID: SIPAEVENT.QUOTE, eventData: new Uint8Array(8) }
const trustPoint = encodeSipa([{ eventID: SIPAEVENT.TRUSTPOINT_AGGREGATION, eventData: [quote] }])

test("Windows' own quotes are carried in no register, extend nothing and are shown", () => {
  const before = logOf(smallBoot())
  const after = decodeEventLog(bytesOf([...smallBoot(), noAction(NO_PCR, trustPoint)]))
  const added = after.events.at(-1)!
  assert.equal(added.pcrIndex, NO_PCR)
  assert.deepEqual(replay(after, 'sha256').pcrs.size, 24)
  for (const [pcr, { value }] of replay(after, 'sha256').pcrs)
    assert.deepEqual(value, replay(before, 'sha256').pcrs.get(pcr)!.value)
  assert.match(describeEvent(added, explain(added, 'sha256')), /PCR - +EV_NO_ACTION .*unmeasured/)
})

test('anything else in no register, or in one that no TPM has, is refused', () => {
  const refused = (...more: NewEvent[]) =>
    assert.throws(() => decodeEventLog(bytesOf([...smallBoot(), ...more])), /there is no PCR/)
  refused(noAction(NO_PCR, new Uint8Array(8)))
  refused(noAction(NO_PCR, trustPoint.subarray(1)))
  refused(noAction(NO_PCR, encodeSipa([boundary()])))
  refused(noAction(24, trustPoint))
  refused(event(NO_PCR, EV.EVENT_TAG, trustPoint))
})

test("Windows' own quotes are carried in a log of TPM 1.2 likewise", () => {
  const old = (pcrIndex: number, eventType: number, data: Uint8Array) =>
    encode(TCG_PCR_EVENT, { pcrIndex, eventType, digest: new Uint8Array(20), event: data })
  const formats = { formats: ['tcg-1.2'] } as const
  const separator = old(7, EV.SEPARATOR, new Uint8Array(4))
  const read = (pcrIndex: number) =>
    decodeEventLog(concat(separator, old(pcrIndex, EV.NO_ACTION, trustPoint)), formats)
  assert.equal(read(NO_PCR).events[1]!.pcrIndex, NO_PCR)
  assert.throws(() => read(200), /there is no PCR 200/)
})

import assert from 'node:assert/strict'
import test from 'node:test'
import { fromLatin1, MalformedError, toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { EV, type NewEvent, PCR_COUNT, replay, startValue } from '../src/index.ts'
import { event, logOf, noAction, separator, startupLocality } from './a-log.ts'

const pcr0 = (events: NewEvent[]) => replay(logOf(events), 'sha256')
const version = event(0, EV.S_CRTM_VERSION, new Uint8Array(2))

test('a PCR is the hash of what it was and what it is extended with, in its own bank', () => {
  const log = logOf([separator(2, ['sha256', 'sha384'])], ['sha256', 'sha384'])
  for (const bank of ['sha256', 'sha384'] as const) {
    const zeros = new Uint8Array(digest(bank, new Uint8Array(0)).length)
    const expected = digest(bank, zeros, digest(bank, new Uint8Array(4)))
    assert.deepEqual(replay(log, bank).pcrs.get(2)!.value, expected)
  }
  // what every OVMF shows in PCR 2, 3 and 6
  assert.equal(
    toHex(replay(log, 'sha256').pcrs.get(2)!.value),
    '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969',
  )
})

test('a PCR without events is at its start: zeros, and 0xFF from 17 to 22', () => {
  const { pcrs } = replay(logOf([]), 'sha256')
  assert.equal(pcrs.size, PCR_COUNT)
  for (const [pcrIndex, { value, start, events }] of pcrs) {
    assert.deepEqual(value, new Uint8Array(32).fill(pcrIndex >= 17 && pcrIndex <= 22 ? 0xff : 0))
    assert.equal(value, start)
    assert.deepEqual(events, [])
  }
})

test('PCR 17 to 22 start at zeros where a dynamic launch extended them, as locality 4 resets them', () => {
  for (const pcrIndex of [17, 18, 22]) {
    const { pcrs } = replay(logOf([event(pcrIndex, 0x402, fromLatin1('SINIT'))]), 'sha256')
    const expected = digest('sha256', new Uint8Array(32), digest('sha256', fromLatin1('SINIT')))
    assert.deepEqual(pcrs.get(pcrIndex)!.value, expected)
    assert.deepEqual(pcrs.get(19)!.value, new Uint8Array(32).fill(0xff))
  }
  const told = { ...event(17, EV.NO_ACTION, fromLatin1('SINIT')) }
  assert.deepEqual(pcr0([told]).pcrs.get(17)!.value, new Uint8Array(32).fill(0xff))
})

test('EV_NO_ACTION extends nothing, whatever its digest says', () => {
  const forged = { ...event(7, EV.NO_ACTION, fromLatin1('SecureBoot=1')) }
  const { pcrs } = replay(logOf([forged]), 'sha256')
  assert.deepEqual(pcrs.get(7)!.value, startValue('sha256', 7))
  assert.deepEqual(pcrs.get(7)!.events, [])
})

test('events keep their order within a PCR', () => {
  const a = event(8, EV.IPL, fromLatin1('a'))
  const b = event(8, EV.IPL, fromLatin1('b'))
  const value = (...events: NewEvent[]) => toHex(pcr0(events).pcrs.get(8)!.value)
  assert.notEqual(value(a, b), value(b, a))
})

test('the startup locality is where PCR 0 starts', () => {
  for (const locality of [0, 3, 4]) {
    const result = pcr0([startupLocality(locality), version])
    assert.equal(result.startupLocality, locality)
    assert.deepEqual(result.faults, [])
    assert.equal(result.pcrs.get(0)!.start.at(-1), locality)
    assert.deepEqual(
      result.pcrs.get(0)!.value,
      digest('sha256', startValue('sha256', 0, locality), digest('sha256', new Uint8Array(2))),
    )
  }
  assert.equal(pcr0([version]).startupLocality, null)
})

test('a startup locality that is late, repeated, elsewhere or of another value is a fault and counts for nothing', () => {
  const three = startupLocality(3)
  const faultOf = (...events: NewEvent[]) => {
    const { faults, pcrs } = pcr0(events)
    return [
      faults.map(({ code, eventIndex }) => `${code} ${eventIndex}`).join(),
      pcrs.get(0)!.start.at(-1),
    ]
  }
  assert.deepEqual(faultOf(version, three), ['startup-locality-late 2', 0])
  assert.deepEqual(faultOf(three, startupLocality(0), version), ['startup-locality-repeated 2', 3])
  assert.deepEqual(faultOf(startupLocality(3, 1), version), ['startup-locality-elsewhere 1', 0])
  assert.deepEqual(faultOf(startupLocality(1), version), ['startup-locality-malformed 1', 0])
  const short = noAction(0, fromLatin1('StartupLocality\0'))
  assert.deepEqual(faultOf(short, version), ['startup-locality-malformed 1', 0])
})

test('a hardware root of trust starts PCR 0 at 4, and only before all else', () => {
  const hCrtm = event(0, EV.EFI_HCRTM_EVENT, fromLatin1('HCRTM'), fromLatin1('its code'))
  const good = pcr0([startupLocality(3), hCrtm, version])
  assert.deepEqual([good.hCrtm, good.faults, good.pcrs.get(0)!.start.at(-1)], [true, [], 4])
  assert.equal(good.pcrs.get(0)!.events.length, 2)
  const late = pcr0([version, hCrtm])
  assert.deepEqual([late.hCrtm, late.faults[0]?.code], [false, 'h-crtm-late'])
  const elsewhere = pcr0([{ ...hCrtm, pcrIndex: 1 }, version])
  assert.deepEqual([elsewhere.hCrtm, elsewhere.faults[0]?.code], [false, 'h-crtm-elsewhere'])
})

test('a bank the log does not have cannot be replayed', () => {
  assert.throws(() => replay(logOf([]), 'sha384'), MalformedError)
})

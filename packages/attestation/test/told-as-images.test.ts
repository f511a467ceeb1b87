import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACTION, EV } from '@trusted-launch/eventlog'
import { PROFILES } from '../src/profile.ts'
import { act, after, appraise, says } from './log-edit.ts'
import { events as genuine } from './recorded.ts'

/** Firmware notes what it likes in PCR 4, each in words of its own. */
const note = act(4, 'Booting to HDD')
const noted = after(says(ACTION.callingApplication), note)([...genuine])

test('what the firmware notes in PCR 4 is no image, whatever it is told as', () => {
  for (const profile of PROFILES) {
    const { claims: truth, verified } = appraise(noted, noted, profile)
    assert.equal(verified, true)
    const types = [EV.EFI_BOOT_SERVICES_APPLICATION, EV.EFI_BOOT_SERVICES_DRIVER, EV.IPL, 0x1234]
    for (const eventType of types) {
      const told = noted.map((step) => (step === note ? { ...step, eventType } : step))
      const got = appraise(told, noted, profile)
      const { images } = got.claims
      if (images?.verified) assert.deepEqual(images.value, truth.images?.value, `${eventType}`)
    }
  }
})

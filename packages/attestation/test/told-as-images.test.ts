import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACTION } from '@trusted-launch/eventlog'
import { PROFILES } from '../src/profile.ts'
import { act, after, appraise, says, toldOtherwise } from './log-edit.ts'
import { events as genuine } from './recorded.ts'

/** Firmware notes what it likes in PCR 4, each in words of its own, and ends them with a NUL or not. */
const notes = ['Booting to HDD', 'Booting to HDD\0'].map((text) => act(4, text))

test('what the firmware notes in PCR 4 is no image, whatever it is told as that gives its digest', () => {
  for (const profile of PROFILES)
    for (const note of notes) {
      const noted = after(says(ACTION.callingApplication), note)([...genuine])
      const { claims: truth, verified } = appraise(noted, noted, profile)
      assert.equal(verified, true)
      let taken = 0
      for (const other of toldOtherwise(note)) {
        const told = noted.map((step) => (step === note ? other : step))
        const { images } = appraise(told, noted, profile).claims
        if (!images?.verified) continue
        taken++
        assert.deepEqual(images.value, truth.images?.value, `${other.eventType} ${other.data}`)
      }
      assert.ok(taken > 0)
    }
})

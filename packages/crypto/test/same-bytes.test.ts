import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sameBytes, sameSecret } from '@trusted-launch/crypto'

for (const same of [sameBytes, sameSecret])
  test(`${same.name}: bytes are the same only to the last, wherever they are kept`, () => {
    const whole = Uint8Array.from({ length: 1000 }, (_, i) => i)
    assert.ok(same(whole.subarray(1, 900), whole.slice(1, 900)))
    assert.ok(same(new Uint8Array(), whole.subarray(0, 0)))
    assert.ok(!same(whole, whole.subarray(0, -1)))
    assert.ok(!same(whole.subarray(0, -1), whole))
    for (const at of [0, 500, 999]) {
      const changed = whole.slice()
      changed[at]! ^= 1
      assert.ok(!same(whole, changed))
    }
  })

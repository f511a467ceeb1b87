import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { GuestStates } from '../src/guest-states.ts'

/** A keeper of one key, whose wrapping is nothing. */
function aHost(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-guest-states-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const key = new Uint8Array(randomBytes(32))
  const keeper = {
    made: 0,
    async makeKey({ path }: { path: string }) {
      this.made++
      writeFileSync(path, 'wrapped')
      return key
    },
    openKey: async () => key,
  }
  return { states: new GuestStates(folder, keeper), again: new GuestStates(folder, keeper), keeper }
}

const state = new Uint8Array(randomBytes(540_672))

test('a guest state that leaves its host cannot be read, and comes back to that host alone, unchanged', async (t) => {
  const { states, again, keeper } = aHost(t)
  const [sealed, other] = await Promise.all([states.seal(state), states.seal(state)])
  assert.equal(keeper.made, 1)
  assert.notDeepEqual(sealed, other)
  assert.equal(Buffer.from(sealed).includes(Buffer.from(state.subarray(1000, 1032))), false)
  assert.deepEqual(await again.open(sealed), state)
  for (const wrong of [
    sealed.with(40, 1 ^ sealed[40]!),
    sealed.subarray(0, -1),
    sealed.slice(0, 30),
  ])
    await assert.rejects(states.open(wrong), { code: 'sealed-file-refused' })
  await assert.rejects(aHost(t).states.open(sealed), { code: 'sealed-file-refused' })
})

test('what no host sealed is told from what was, and no rotation loses the key', async (t) => {
  const { states } = aHost(t)
  assert.equal(await states.open(state), null)
  assert.deepEqual(states.sealedFiles(), [])
  await states.seal(state)
  assert.equal(states.sealedFiles().length, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { continueByStarts, isReverted, type RollbackState } from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import { Certificate } from '@trusted-launch/crypto'
import { AK_CERT_NV, execute, ReadClock, Shutdown, Startup, TPM_SU } from '@trusted-launch/tpm2'
import { readRollbackIndex } from '../../src/vtpm/rollback-index.ts'
import { surviveKills } from './kills.ts'
import { Place, readNv } from './place.ts'

/** A VM's run to an orderly stop; what its index holds and how often its TPM counts that it was started. */
async function run(place: Place, vm: string) {
  await place.keeper.check(place.of(vm))
  const tpm = await place.session(vm)
  await execute(tpm, Startup, { startupType: TPM_SU.CLEAR })
  const value = toHex(await readRollbackIndex(tpm))
  const { resetCount } = (await execute(tpm, ReadClock, {})).currentTime.clockInfo
  await execute(tpm, Shutdown, { shutdownType: TPM_SU.CLEAR })
  await tpm.close()
  await place.keeper.stopped(place.of(vm), { orderly: true })
  return { value, resetCount }
}

/** What a verifier is told of the starts. */
async function stepsOf(place: Place, vm: string) {
  const { index } = await place.keeper.starts(vm)
  return index.map(({ before, after, reverted }) => ({
    ...{ before: toHex(before), after: toHex(after) },
    ...(reverted === true && { reverted }),
  }))
}

const remembered = ({ value, resetCount }: { value: string; resetCount: number }) =>
  ({ indexName: '00', value, unanswered: [], resetCount }) satisfies RollbackState

test('an earlier state that is put back on purpose starts, and who looks at the index is told; put back otherwise it is refused', async (t) => {
  const place = await Place.make(t)
  const { akName } = await place.keeper.provision(place.of('a'))
  await run(place, 'a')
  const captured = await place.keeper.capture(place.of('a'))
  const seen: ReturnType<typeof remembered>[] = []
  for (let i = 0; i < 3; i++) seen.push(remembered(await run(place, 'a')))

  place.writeState('a', captured.state)
  await assert.rejects(place.keeper.check(place.of('a')), { code: 'vtpm-rolled-back' })

  assert.deepEqual((await place.keeper.restore(place.of('a'), captured)).akName, akName)
  await place.open()
  const next = await run(place, 'a')
  assert.ok(
    next.resetCount < seen.at(-1)!.resetCount,
    'its counters are those of the earlier state',
  )
  const steps = await stepsOf(place, 'a')
  for (const state of seen) {
    assert.equal(continueByStarts(state, steps).value, next.value)
    assert.equal(continueByStarts(state, steps).resetCount, null)
    assert.ok(isReverted(state, steps))
  }
  const after = remembered(next)
  assert.deepEqual([continueByStarts(after, steps), isReverted(after, steps)], [after, false])
  const untold = steps.filter(({ reverted }) => reverted !== true)
  assert.equal(continueByStarts(seen.at(-1)!, untold).value, seen.at(-1)!.value, 'so it shows')
})

test('the same state put back twice is another one each time: of the first time none is taken after the second', async (t) => {
  const place = await Place.make(t)
  await place.keeper.provision(place.of('a'))
  const captured = await place.keeper.capture(place.of('a'))
  await place.keeper.restore(place.of('a'), captured)
  const first = place.readState('a')
  await place.keeper.restore(place.of('a'), captured)
  const second = place.readState('a')
  place.writeState('a', first)
  await assert.rejects(place.keeper.check(place.of('a')), { code: 'vtpm-rolled-back' })
  place.writeState('a', second)
  await run(place, 'a')
})

test('of a former generation, with keys that do not open it, or as another VM’s nothing is put back, and the vTPM is as it was', async (t) => {
  const place = await Place.make(t)
  for (const vm of ['a', 'b']) await place.keeper.provision(place.of(vm))
  const former = await place.keeper.capture(place.of('a'))
  await place.keeper.reprovision(place.of('a'))
  const captured = await place.keeper.capture(place.of('a'))
  const others = await place.keeper.capture(place.of('b'))
  const before = place.readState('a')
  const refused = (given: typeof captured, code: string) =>
    assert.rejects(place.keeper.restore(place.of('a'), given), { code })
  await refused(former, 'vtpm-rolled-back')
  await refused(others, 'vtpm-rolled-back')
  await refused({ ...captured, keys: others.keys }, 'vtpm-key-refused')
  await refused({ ...captured, state: captured.state.subarray(0, 100) }, 'vtpm-key-refused')
  await refused({ ...captured, state: new Uint8Array(2000) }, 'vtpm-foreign')
  await refused({ ...captured, state: others.state, keys: others.keys }, 'vtpm-foreign')
  assert.deepEqual(place.readState('a'), before)
  await run(place, 'a')
})

test('a copy is another VM’s vTPM with the same keys, a certificate of its own and an index that goes its own way', async (t) => {
  const place = await Place.make(t)
  const first = await place.keeper.provision(place.of('a'))
  const captured = await place.keeper.capture(place.of('a'))
  const copy = await place.keeper.copy(place.of('b'), captured)
  assert.deepEqual([copy.vm, copy.akName, copy.ekName], ['b', first.akName, first.ekName])
  assert.notDeepEqual(copy.akCertificate, first.akCertificate)
  assert.match(JSON.stringify(Certificate.decode(copy.akCertificate).subject), /b/)
  await place.keeper.check(place.of('b'))
  const tpm = await place.session('b')
  await execute(tpm, Startup, { startupType: TPM_SU.CLEAR })
  assert.deepEqual(await readNv(tpm, AK_CERT_NV), Buffer.from(copy.akCertificate))
  await execute(tpm, Shutdown, { shutdownType: TPM_SU.CLEAR })
  await tpm.close()
  await place.keeper.stopped(place.of('b'), { orderly: true })
  const [a, b] = [await run(place, 'a'), await run(place, 'b')]
  const steps = await stepsOf(place, 'a')
  assert.notEqual(continueByStarts(remembered(b), steps).value, steps.at(-1)!.after)
  assert.notEqual(a.value, b.value)
  await assert.rejects(place.keeper.copy(place.of('b'), captured), { code: 'vtpm-exists' })
})

test('a vTPM is not refused after its manager was killed three times while putting it back', (t) =>
  surviveKills(t, 3, 'restore-in-a-loop.ts'))

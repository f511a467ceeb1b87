import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { encode } from '@trusted-launch/codec'
import { Certificate } from '@trusted-launch/crypto'
import {
  AK_CERT_NV,
  AK_HANDLE,
  AK_RSA2048,
  Clear,
  EK_HANDLE,
  EvictControl,
  execute,
  HierarchyChangeAuth,
  NV_Certify,
  NV_Extend,
  ReadClock,
  ROLLBACK_NV,
  Shutdown,
  Startup,
  TPM_ALG,
  TPM_RH,
  TPM_SU,
  TPMT_SIGNATURE,
} from '@trusted-launch/tpm2'
import { createPrimary } from '../../src/vtpm/provision.ts'
import { UNANSWERED_MAX } from '../../src/vtpm/rollback-index.ts'
import type { TpmSession } from '../../src/vtpm/swtpm.ts'
import { Place, readNv } from './place.ts'

/** A VM's run: the guest does `deeds`; then an orderly stop, or a crash. */
async function run(
  place: Place,
  vm: string,
  end: 'stop' | 'crash',
  deeds: (tpm: TpmSession) => Promise<void> = async () => {},
) {
  const { notes } = await place.keeper.check(place.of(vm))
  await guest(place, vm, end, deeds)
  await place.keeper.stopped(place.of(vm), { orderly: end === 'stop' })
  return notes
}

async function guest(
  place: Place,
  vm: string,
  end: 'stop' | 'crash',
  deeds: (tpm: TpmSession) => Promise<void> = async () => {},
) {
  const tpm = await place.session(vm)
  await execute(tpm, Startup, { startupType: TPM_SU.CLEAR })
  await deeds(tpm)
  if (end === 'stop') await execute(tpm, Shutdown, { shutdownType: TPM_SU.CLEAR })
  await tpm.close()
}

/** What the agent does: extends the rollback index by the nonce and certifies it. */
async function certify(tpm: TpmSession, nonce: Uint8Array) {
  const index = { authHandle: ROLLBACK_NV, nvIndex: ROLLBACK_NV }
  await execute(tpm, NV_Extend, { ...index, data: nonce })
  const { certifyInfo, signature } = await execute(tpm, NV_Certify, {
    ...index,
    signHandle: AK_HANDLE,
    qualifyingData: nonce,
    inScheme: { scheme: TPM_ALG.NULL, details: null },
    size: 32,
    offset: 0,
  })
  return { attest: certifyInfo.slice(), signature: encode(TPMT_SIGNATURE, signature) }
}

async function made(t: Parameters<typeof Place.make>[0], ...vms: string[]): Promise<Place> {
  const place = await Place.make(t)
  for (const vm of vms) await place.keeper.provision(place.of(vm))
  return place
}

/** The start is refused with this code, and the state file is as it was. */
async function refused(place: Place, vm: string, code: string) {
  const before = place.readState(vm)
  await assert.rejects(place.keeper.check(place.of(vm)), { code })
  assert.deepEqual(place.readState(vm), before)
}

test('a vTPM starts again after each orderly stop, without a remark', async (t) => {
  const place = await made(t, 'a')
  assert.deepEqual(await run(place, 'a', 'stop'), [])
  assert.deepEqual(await run(place, 'a', 'stop'), [])
  await place.open()
  assert.deepEqual(await run(place, 'a', 'stop'), [])
})

test('its keeper tells of each start what the index held before it and after, and what the TPM counts', async (t) => {
  const place = await made(t, 'a')
  const counts: number[] = []
  const count = async (tpm: TpmSession) => {
    const { currentTime } = await execute(tpm, ReadClock, {})
    counts.push(currentTime.clockInfo.resetCount)
  }
  const told: number[] = []
  for (const end of ['stop', 'crash', 'stop'] as const) {
    await run(place, 'a', end, count)
    told.push((await place.keeper.starts('a')).resetCount + 1)
  }
  assert.deepEqual(counts, told, 'one more than at the look before the start')
  await place.open()
  const { index, pending, counting } = await place.keeper.starts('a')
  assert.deepEqual([index.length, pending, counting], [3, [], 1])
  for (const [i, { before }] of index.slice(1).entries()) assert.deepEqual(before, index[i]!.after)
  const seen = new Uint8Array(32).fill(7)
  await place.keeper.recordIssued('a', seen)
  assert.deepEqual((await place.keeper.starts('a')).pending, [seen])
  await run(place, 'a', 'stop', async (tpm) => {
    await execute(tpm, Clear, { authHandle: TPM_RH.PLATFORM })
  })
  await run(place, 'a', 'stop')
  assert.equal((await place.keeper.starts('a')).counting, 2, 'a cleared TPM counts anew')
})

test('its keeper tells whose keys a vTPM has, and whether its state is encrypted, by the header', async (t) => {
  const place = await Place.make(t)
  const { akName, ekName } = await place.keeper.provision(place.of('a'))
  const { identity, stateEncrypted } = await place.keeper.facts(place.of('a'))
  assert.deepEqual([identity.akName, identity.ekName, stateEncrypted], [akName, ekName, true])
  const plain = place.readState('a')
  plain[5] = 0
  place.writeState('a', plain)
  assert.equal((await place.keeper.facts(place.of('a'))).stateEncrypted, false)
  rmSync(place.statePath('a'))
  assert.equal((await place.keeper.facts(place.of('a'))).stateEncrypted, null)
})

test('an older state is refused after an orderly stop, and the newer one still starts', async (t) => {
  const place = await made(t, 'a')
  await run(place, 'a', 'stop')
  const older = place.readState('a')
  await run(place, 'a', 'stop')
  const newer = place.readState('a')
  place.writeState('a', older)
  await refused(place, 'a', 'vtpm-rolled-back')
  place.writeState('a', newer)
  assert.deepEqual(await run(place, 'a', 'stop'), [])
})

test('an older copy of the whole VM folder is refused', async (t) => {
  const place = await made(t, 'a')
  await run(place, 'a', 'stop')
  const putBack = place.copyFolder('a')
  await run(place, 'a', 'stop')
  putBack()
  await refused(place, 'a', 'vtpm-rolled-back')
})

test('an older copy of the whole VM folder is refused after a crash too', async (t) => {
  const place = await made(t, 'a')
  const putBack = place.copyFolder('a')
  await run(place, 'a', 'crash')
  putBack()
  await refused(place, 'a', 'vtpm-rolled-back')
})

test('states of earlier sessions are refused after a crash', async (t) => {
  const place = await made(t, 'a')
  const states = [place.readState('a')]
  for (let i = 0; i < 2; i++) {
    await run(place, 'a', 'crash')
    states.push(place.readState('a'))
  }
  const genuine = states.pop()!
  for (const state of states) {
    place.writeState('a', state)
    await refused(place, 'a', 'vtpm-rolled-back')
  }
  place.writeState('a', genuine)
  assert.deepEqual(await run(place, 'a', 'stop'), ['vtpm.unclean-stop'])
})

test('a state of the very session that crashed is accepted, and remarked when attestation went on', async (t) => {
  const place = await made(t, 'a')
  let early: Buffer | undefined
  await run(place, 'a', 'crash', async (tpm) => {
    early = place.readState('a')
    const nonce = randomBytes(32)
    await place.keeper.recordIssued('a', nonce)
    const index = await certify(tpm, nonce)
    assert.equal(await place.keeper.recordAttested('a', nonce, index), 'continued')
  })
  place.writeState('a', early!)
  const notes = await run(place, 'a', 'stop')
  assert.deepEqual(notes, ['vtpm.unclean-stop', 'vtpm.same-session-state'])
})

test('an extension whose answer was lost in a crash is no rollback', async (t) => {
  const place = await made(t, 'a')
  await run(place, 'a', 'crash', async (tpm) => {
    for (const answered of [true, false, false]) {
      const nonce = randomBytes(32)
      await place.keeper.recordIssued('a', nonce)
      const index = await certify(tpm, nonce)
      if (answered) await place.keeper.recordAttested('a', nonce, index)
    }
  })
  assert.deepEqual(await run(place, 'a', 'stop'), ['vtpm.unclean-stop'])
})

test('no more nonces are issued than an honest state may leave unanswered, until the next start', async (t) => {
  const place = await Place.make(t)
  await place.keeper.provision(place.of('vm-1'))
  await run(place, 'vm-1', 'crash', async (tpm) => {
    for (let i = 0; i < UNANSWERED_MAX; i++) {
      const nonce = randomBytes(32)
      await place.keeper.recordIssued('vm-1', nonce)
      if (i % 3 === 0) await certify(tpm, nonce)
    }
    await assert.rejects(place.keeper.recordIssued('vm-1', randomBytes(32)), {
      code: 'vtpm-unanswered',
    })
  })
  assert.deepEqual(await run(place, 'vm-1', 'stop'), ['vtpm.unclean-stop'])
  await run(place, 'vm-1', 'stop', () => place.keeper.recordIssued('vm-1', randomBytes(32)))
})

test('an index that was set back while the VM ran, or certified by nobody, is told', async (t) => {
  const place = await made(t, 'a')
  await run(place, 'a', 'stop', async (tpm) => {
    const nonce = randomBytes(32)
    const index = await certify(tpm, nonce)
    assert.equal(await place.keeper.recordAttested('a', nonce, index), 'diverged')
    assert.equal(await place.keeper.recordAttested('a', randomBytes(32), index), 'unverified')
    const attest = index.attest.map((byte, i) => (i === index.attest.length - 1 ? byte ^ 1 : byte))
    assert.equal(await place.keeper.recordAttested('a', nonce, { ...index, attest }), 'unverified')
  })
})

test('another VM’s state is foreign, with its key or without', async (t) => {
  const place = await made(t, 'a', 'b')
  await run(place, 'a', 'stop')
  place.writeState('a', place.readState('b'))
  await refused(place, 'a', 'vtpm-foreign')
})

test('a missing state is refused and none is made', async (t) => {
  const place = await made(t, 'a')
  rmSync(place.statePath('a'))
  await assert.rejects(place.keeper.check(place.of('a')), { code: 'vtpm-state-missing' })
  assert.throws(() => place.readState('a'), { code: 'ENOENT' })
})

test('a blank state is refused: empty, unencrypted, or made with the VM’s own key', async (t) => {
  const place = await made(t, 'a')
  const genuine = place.readState('a')
  place.writeState('a', new Uint8Array())
  await refused(place, 'a', 'vtpm-blank')
  rmSync(place.statePath('a'))
  await guest(place, 'a', 'stop')
  await refused(place, 'a', 'vtpm-blank')
  place.writeState('a', genuine)
  assert.deepEqual(await run(place, 'a', 'stop'), [])
})

test('a state file that is no plain file, or too large, is refused', async (t) => {
  const place = await made(t, 'a')
  place.writeState('a', new Uint8Array((256 << 10) + 1))
  await refused(place, 'a', 'vtpm-state-refused')
})

test('without its journal, or its key, a vTPM is not started', async (t) => {
  const place = await made(t, 'a')
  rmSync(`${place.of('a').folder}/vtpm.key`)
  await refused(place, 'a', 'vtpm-key-missing')
  await place.keeper.forget('a')
  await refused(place, 'a', 'vtpm-journal-missing')
})

test('a wrapped key opens nothing for another VM', async (t) => {
  const place = await made(t, 'a', 'b')
  copyFileSync(`${place.of('b').folder}/vtpm.key`, `${place.of('a').folder}/vtpm.key`)
  await refused(place, 'a', 'vtpm-key-refused')
})

test('a cleared TPM starts with a remark, and the same AK comes from the same template', async (t) => {
  const place = await made(t, 'a')
  const first = await place.keeper.check(place.of('a'))
  for (let i = 0; i < 3; i++) await guest(place, 'a', 'stop')
  await place.keeper.stopped(place.of('a'), { orderly: true })
  await run(place, 'a', 'stop', async (tpm) => {
    const objectHandle = AK_HANDLE
    await execute(tpm, EvictControl, {
      auth: TPM_RH.OWNER,
      objectHandle,
      persistentHandle: objectHandle,
    })
    await execute(tpm, Clear, { authHandle: TPM_RH.LOCKOUT })
    const { name } = await createPrimary(tpm, AK_RSA2048)
    assert.deepEqual(Buffer.from(name), Buffer.from(first.identity.akName))
  })
  assert.deepEqual(await run(place, 'a', 'stop'), ['vtpm.cleared'])
})

test('a vTPM is made once; reprovisioning makes a new generation, and the old state is refused', async (t) => {
  const place = await made(t, 'a')
  await assert.rejects(place.keeper.provision(place.of('a')), { code: 'vtpm-exists' })
  const { identity } = await place.keeper.check(place.of('a'))
  const putBack = place.copyFolder('a')
  const next = await place.keeper.reprovision(place.of('a'))
  assert.equal(next.generation, identity.generation + 1)
  assert.notDeepEqual(next.akName, identity.akName)
  assert.deepEqual(await run(place, 'a', 'stop'), [])
  putBack()
  await refused(place, 'a', 'vtpm-rolled-back')
})

test('an AK certificate is renewed thirty days before it runs out', async (t) => {
  const day = 86_400_000
  let now = Date.now()
  const place = await Place.make(t, () => now)
  const identity = await place.keeper.provision(place.of('a'))
  now += 330 * day
  assert.deepEqual(await run(place, 'a', 'stop'), [])
  now += 10 * day
  const renewed = await place.keeper.check(place.of('a'))
  assert.deepEqual(renewed.notes, ['vtpm.ak-certificate-renewed'])
  assert.notDeepEqual(renewed.identity.akCertificate, identity.akCertificate)
  assert.deepEqual(renewed.identity.akName, identity.akName)
  await guest(place, 'a', 'stop', async (tpm) => {
    const held = await readNv(tpm, AK_CERT_NV)
    assert.deepEqual(held, Buffer.from(renewed.identity.akCertificate))
  })
  const { notBefore, notAfter } = Certificate.decode(renewed.identity.akCertificate)
  assert.ok(notBefore <= now && notAfter > now + 330 * day && notAfter - notBefore <= 365 * day)
})

test('a guest that took the endorsement hierarchy and removed the EK still starts, with a remark', async (t) => {
  const place = await made(t, 'a')
  await run(place, 'a', 'stop', async (tpm) => {
    const objectHandle = EK_HANDLE
    const auth = TPM_RH.OWNER
    await execute(tpm, EvictControl, { auth, objectHandle, persistentHandle: objectHandle })
    const newAuth = Uint8Array.of(1, 2, 3)
    await execute(tpm, HierarchyChangeAuth, { authHandle: TPM_RH.ENDORSEMENT, newAuth })
  })
  assert.deepEqual(await run(place, 'a', 'stop'), ['vtpm.endorsement-locked'])
})

test('a draft that a killed manager left is dropped, or takes its place if the journal names it', async (t) => {
  const place = await made(t, 'a')
  const { folder } = place.of('a')
  mkdirSync(`${folder}/vtpm.new`)
  writeFileSync(`${folder}/vtpm.new/tpm2-00.permall`, randomBytes(99))
  writeFileSync(`${folder}/vtpm.key.new`, 'another key')
  assert.deepEqual(await run(place, 'a', 'stop'), [])
  mkdirSync(`${folder}/vtpm.new`)
  renameSync(place.statePath('a'), `${folder}/vtpm.new/tpm2-00.permall`)
  assert.deepEqual(await run(place, 'a', 'stop'), [])
})

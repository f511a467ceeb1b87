import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BootChange, parseReferenceValues } from '@trusted-launch/attestation'
import { cleanBoot, variantOf } from '@trusted-launch/attestation/boot'
import { ALERT } from '../../../src/domain/alerts.ts'
import { type ApprovalScope, approveDrift } from '../../../src/domain/references/approve.ts'
import {
  DRIFTS_MAX,
  driftIn,
  driftNamed,
  driftsOf,
  noteDrift,
  showDrift,
  valueOfDrift,
  writeDrift,
} from '../../../src/domain/references/drift.ts'
import { forgetReferences } from '../../../src/domain/references/forget.ts'
import {
  REFERENCES_MAX,
  referenceIn,
  referencesFor,
  scopesOf,
  valueOfReference,
} from '../../../src/domain/references/kept.ts'
import type { Resource, Store } from '../../../src/domain/store.ts'
import { stateOf } from '../../../src/domain/vm/vm.ts'
import { onEach } from '../../store/databases.ts'
import { vm as sample } from '../../store/samples.ts'

test('a VM that was made of no image has no such scope: all of them would be one', () => {
  const plain = { ...sample('web'), properties: {}, state: {}, etag: '1', changedAt: 0 } as Resource
  assert.deepEqual(Object.keys(scopesOf(plain)), ['vm', 'subscription'])
  const state = { image: 'small@2026.11.28' }
  assert.deepEqual(Object.keys(scopesOf({ ...plain, state })), ['vm', 'image', 'subscription'])
})

function change(i: number): BootChange {
  const variant = { ...variantOf(cleanBoot()), approval: 'needed' } as const
  const log = { kind: 'log', name: 'x', sha256: '00'.repeat(32) } as const
  const differences = [
    { component: 'kernel', pcr: 9, change: 'changed' as const, before: 'a', after: `${i}` },
  ].map((one) => ({ ...one, digest: one.after, summary: '', signer: null }))
  const own = { ...variant, origins: [log] }
  return { variant: own, nearest: 'small', sha256: `${i}`, differences, modules: [] }
}

const seenAt = (time: number) => ({
  ...{ attestation: 'a', time, asked: time, isFirstBoot: false },
})

/** A change of the kernel, its modules last, after so many of something else. */
function otherKernel(i: number, count: number): BootChange {
  const {
    variant,
    differences: [one],
    ...more
  } = change(i)
  const [good, evil] = ['/lib/good.ko', '/tmp/evil.ko'].map((path, at) => ({
    ...{ path, sha256: `${at}${at}`.repeat(32) },
  }))
  const others = Array.from({ length: count }, (_, at) => ({ ...one!, after: `${at}` }))
  return {
    ...{ ...more, variant: { ...variant, kernel: { ...variant.kernel, modules: [good!, evil!] } } },
    ...{ differences: [...others, { ...one!, pcr: 10 }], modules: [good!.path, evil!.path] },
  }
}

/** An alert of a module, from before any drift. */
function untrusted(vm: Resource, name: string) {
  const alert = { type: 'VM_UntrustedKernelModule', cause: `kernel module ${name}`, firstSeen: -1 }
  const state = { vmId: stateOf(vm).vmId, alert }
  return { ...sample(name), ...{ id: `${vm.id}-alert`, type: ALERT, parentId: vm.id, state } }
}

async function seen(
  store: Store,
  vm: Resource,
  i: number,
  drift: BootChange = change(i),
): Promise<Resource> {
  await store.transaction((tables) => noteDrift(tables, vm, drift, seenAt(i)))
  return (await driftNamed(store, vm, drift))!
}

function approved(store: Store, vm: Resource, row: Resource, scope: Partial<ApprovalScope> = {}) {
  const { vmId } = stateOf(vm)
  const at = { id: vm.id, image: null, vmId, ...scope }
  const decided = { how: 'person', by: 'me', reason: 'why', request: 'r', time: 50 } as const
  return store.transaction((tables) => approveDrift(tables, row, at, decided))
}

onEach((database) => {
  test('an answer that was asked for before an approval does not undo it; one after it that shows the drift does', async () => {
    const store = await database.store()
    const vm = await store.resources.insert(sample('web'), 5)
    const row = await seen(store, vm, 0)
    await approved(store, vm, row)
    const again = (asked: number) =>
      store.transaction((tables) =>
        noteDrift(tables, vm, change(0), { ...seenAt(60), asked, time: 60 }),
      )
    await again(49)
    assert.equal(driftIn((await driftNamed(store, vm, change(0)))!).status, 'approved')
    await again(55)
    assert.equal(driftIn((await driftNamed(store, vm, change(0)))!).status, 'pending')
  })

  test('what is approved without a person is what the boot that was looked at showed, not what was seen first', async () => {
    const store = await database.store()
    const vm = await store.resources.insert(sample('web'), 5)
    const row = await seen(store, vm, 0)
    const now = { ...change(0), modules: ['/lib/other.ko'] }
    const own = { ...now.variant, name: 'as it is now' }
    await store.transaction((tables) => showDrift(tables, row, { ...now, variant: own }, 9))
    const file = await store.values.get(valueOfDrift(row.name))
    assert.match(new TextDecoder().decode(file!), /as it is now/)
    assert.deepEqual(driftIn((await driftNamed(store, vm, change(0)))!).modules, ['/lib/other.ko'])
  })

  test('a VM has sixteen drifts at most: those that nobody decided go first, with what was kept of them', async () => {
    const store = await database.store()
    const vm = await store.resources.insert(sample('web'), 5)
    const first = await seen(store, vm, 0)
    await writeDrift(store, first, { ...driftIn(first), status: 'rejected' }, 1)
    const second = await seen(store, vm, 1)
    for (let i = 2; i < DRIFTS_MAX + 4; i++) await seen(store, vm, i)
    const names = (await driftsOf(store, vm)).map(({ name }) => name)
    assert.equal(names.length, DRIFTS_MAX)
    assert.ok(names.includes(first.name), 'it was decided')
    assert.ok(!names.includes(second.name))
    assert.equal(await store.values.get(valueOfDrift(second.name)), null)
    assert.notEqual(await store.values.get(valueOfDrift(first.name)), null)
  })

  test('a scope takes sixteen approvals; another VM of its name, or of another image, has none of them', async () => {
    const store = await database.store()
    const vm = await store.resources.insert(sample('web'), 5)
    for (let i = 0; i < REFERENCES_MAX; i++) await approved(store, vm, await seen(store, vm, i))
    assert.equal((await referencesFor(store, vm)).length, REFERENCES_MAX)
    const more = await seen(store, vm, 99)
    await assert.rejects(approved(store, vm, more), /There are 16 reference values/)
    const subscription = `/subscriptions/${vm.subscriptionId}`
    const scope = { id: subscription, image: 'another', vmId: null }
    await approved(store, vm, more, scope)
    assert.equal((await referencesFor(store, vm)).length, REFERENCES_MAX)
    const again = { ...vm, state: { ...vm.state, vmId: 'another' } }
    assert.deepEqual(await referencesFor(store, again), [])
  })

  test('a module that was untrusted before is not approved along with its kernel, however much differs', async () => {
    const store = await database.store()
    const vm = await store.resources.insert(sample('web'), 5)
    await store.resources.insert(untrusted(vm, 'evil'), 5)
    for (const [i, count] of [3, 120].entries()) {
      const row = await seen(store, vm, i, otherKernel(i, count))
      await approved(store, vm, row)
      const [reference] = (await referencesFor(store, vm)).filter(
        (one) => referenceIn(one).drift === row.id,
      )
      const file = await store.values.get(valueOfReference(reference!.name))
      const [variant] = parseReferenceValues(file!).variants
      assert.deepEqual(
        variant!.kernel.modules!.map(({ path }) => path),
        ['/lib/good.ko'],
      )
    }
  })

  test('what was approved of a VM alone goes with it, and what was approved above it stays', async () => {
    const store = await database.store()
    const vm = await store.resources.insert(sample('web'), 5)
    const row = await seen(store, vm, 1)
    await approved(store, vm, row)
    await approved(store, vm, row, { id: `/subscriptions/${vm.subscriptionId}`, vmId: null })
    const [own, above] = (await referencesFor(store, vm)).sort((a) =>
      referenceIn(a).vmId === null ? 1 : -1,
    )
    await store.transaction((tables) => forgetReferences(tables, vm))
    assert.deepEqual(await driftsOf(store, vm), [])
    assert.deepEqual(
      (await referencesFor(store, vm)).map(({ id }) => id),
      [above!.id],
    )
    assert.equal(await store.values.get(valueOfReference(own!.name)), null)
    assert.notEqual(await store.values.get(valueOfReference(above!.name)), null)
  })
})

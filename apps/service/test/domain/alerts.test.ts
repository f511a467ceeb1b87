import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FindingId, findingOf } from '@trusted-launch/attestation'
import type { Verdict } from '@trusted-launch/posture'
import {
  alertOf,
  alertRowsOf,
  changeKeptAlert,
  clearUndone,
  observe,
  shownByAlerts,
} from '../../src/domain/alerts.ts'
import { tellNoLongerHidden } from '../../src/domain/shown-again.ts'
import type { Resource, Store, Tables } from '../../src/domain/store.ts'
import { EXTENSION } from '../../src/domain/vm/setup.ts'
import { onEach } from '../store/databases.ts'
import { vm as sample } from '../store/samples.ts'
import { putRule } from './a-rule.ts'

const uefiSettings = { secureBootEnabled: false, vTpmEnabled: true }
const securityProfile = { securityType: 'TrustedLaunch', uefiSettings }

/** A VM with Secure Boot off and the extension on it. */
async function aVm({ resources }: Tables): Promise<Resource> {
  const vm = await resources.insert({ ...sample('web'), properties: { securityProfile } }, 5)
  const child = { id: `${vm.id}/extensions/g`, type: EXTENSION, name: 'g', parentId: vm.id }
  const publisher = 'Microsoft.Azure.Security.LinuxAttestation'
  const properties = { publisher, type: 'GuestAttestation' }
  await resources.insert({ ...sample('web'), ...child, properties }, 5)
  return vm
}

function verdict(...ids: FindingId[]): Verdict {
  const findings = ids.map((id) => findingOf({ id, summary: `${id}.`, pcr: 7 }))
  return { tier: 'contraindicated', findings, claims: {}, evidence: { sha256: '00'.repeat(32) } }
}

async function statesOf(store: Store, vm: Resource): Promise<string[]> {
  const alerts = (await alertRowsOf(store, vm)).map(alertOf)
  return alerts.map(({ cause, state, count }) => `${cause} ${state} ${count}`).sort()
}

onEach((database) => {
  test('what is seen again is kept in the alert that is there', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    for (const time of [10, 20]) {
      const seen = { kind: 'verdict', result: verdict('quote.signature') } as const
      await store.transaction((tables) => observe(tables, vm, seen, time))
    }
    assert.deepEqual(await statesOf(store, vm), ['origin Active 2'])
    const [row] = await alertRowsOf(store, vm)
    assert.deepEqual([alertOf(row!).firstSeen, alertOf(row!).lastSeen], [10, 20])
  })

  test('enabling Secure Boot again clears what failed because it was off, by whom, and nothing else', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    const result = verdict('secure-boot.off', 'quote.signature')
    const who = { by: 'an operator', request: '7f3a', time: 20 }
    await store.transaction(async (tables) => {
      await observe(tables, vm, { kind: 'verdict', result }, 10)
      await clearUndone(tables, vm, { kind: 'secure-boot-enabled' }, who)
    })
    assert.deepEqual(await statesOf(store, vm), ['origin Active 1', 'secure-boot-off Resolved 1'])
    const rows = await alertRowsOf(store, vm)
    const cleared = rows.map(alertOf).find(({ cause }) => cause === 'secure-boot-off')!
    assert.deepEqual([cleared.change!.by, cleared.change!.time], ['an operator', 20])
  })

  const told = async (store: Store) =>
    (await store.events.list({ after: 0, kind: 'alert', limit: 100 })).map(
      ({ data, resourceId }) => {
        const { what, alert, suppressedBy, name } = data as any
        assert.ok(resourceId.endsWith(`/alerts/${name}`))
        return [
          what,
          alert.cause,
          alert.state,
          ...(suppressedBy === null ? [] : [suppressedBy]),
        ].join(' ')
      },
    )

  test('each change of an alert is an event of the same transaction; that it was seen once more is none', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    const seen = { kind: 'verdict', result: verdict('quote.signature') } as const
    for (const time of [10, 20])
      await store.transaction((tables) => observe(tables, vm, seen, time))
    assert.deepEqual(await told(store), ['raised origin Active'])
    const more = { ...seen, result: verdict('quote.signature', 'quote.nonce') } as const
    await store.transaction((tables) => observe(tables, vm, more, 30))
    const [row] = await alertRowsOf(store, vm)
    const change = { action: 'dismiss', by: 'an operator', reason: 'why not', time: 40 } as const
    await store.transaction((tables) => changeKeptAlert(tables, row!, change))
    assert.deepEqual(await told(store), [
      'raised origin Active',
      'changed origin Active',
      'closed origin Dismissed',
    ])
    const broken = store.transaction(async (tables) => {
      await observe(tables, vm, { ...seen, result: verdict('host.variables') }, 50)
      throw new Error('no')
    })
    await assert.rejects(broken, /no/)
    assert.equal((await told(store)).length, 3)
  })

  test('an event says which rule hides its alert, and nothing of the inside of the guest', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    await putRule(store, vm, {})
    const result = verdict('quote.signature')
    const [finding] = result.findings
    const inside = { ...result, findings: [{ ...finding!, expected: 'SECRET', actual: 'SECRET' }] }
    await store.transaction((tables) =>
      observe(tables, vm, { kind: 'verdict', result: inside }, 10),
    )
    assert.deepEqual(await told(store), ['raised origin Active known'])
    const [event] = await store.events.list({ after: 0, limit: 1 })
    assert.doesNotMatch(JSON.stringify(event), /SECRET/)
  })

  test('an alert that outlives the rule which hid it is told once that ran out, is changed or is gone, and once', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    const seen = (time: number, ...ids: FindingId[]) =>
      store.transaction((tables) =>
        observe(tables, vm, { kind: 'verdict', result: verdict(...ids) }, time),
      )
    await putRule(store, vm, { expires: 100 })
    await seen(10, 'quote.signature')
    assert.equal(await tellNoLongerHidden(store, 99), 0)
    assert.deepEqual(await told(store), ['raised origin Active known'])
    assert.equal(await tellNoLongerHidden(store, 100), 1)
    assert.equal(await tellNoLongerHidden(store, 101), 0)
    assert.equal((await told(store)).at(-1), 'raised origin Active')
    for (const gone of [null, { state: 'Disabled' }]) {
      await putRule(store, vm, {})
      const more: FindingId[] = gone === null ? ['quote.nonce'] : ['quote.type']
      await seen(110, 'quote.signature', ...more)
      assert.equal((await told(store)).at(-1), 'changed origin Active known')
      assert.equal(await tellNoLongerHidden(store, 120), 0)
      await putRule(store, vm, gone)
      assert.equal(await tellNoLongerHidden(store, 130), 1)
      assert.equal((await told(store)).at(-1), 'changed origin Active')
    }
  })

  test('an alert that was closed while a rule hid it is told as closed to who knew it, and else to nobody', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    const seen = (...ids: FindingId[]) =>
      store.transaction((tables) =>
        observe(tables, vm, { kind: 'verdict', result: verdict(...ids) }, 10),
      )
    await seen('quote.signature')
    await putRule(store, vm, {})
    await seen('quote.signature', 'secure-boot.off')
    for (const row of await alertRowsOf(store, vm)) {
      const change = { action: 'resolve', by: 'an operator', reason: 'why not', time: 40 } as const
      await store.transaction((tables) => changeKeptAlert(tables, row, change))
    }
    const before = (await told(store)).length
    await putRule(store, vm, null)
    await tellNoLongerHidden(store, 50)
    assert.deepEqual((await told(store)).slice(before), ['closed origin Resolved'])
  })

  test('the attestations that show open alerts are known: the first and the last of each', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    const seen = { kind: 'verdict', result: verdict('quote.signature') } as const
    for (const [i, attestation] of ['a', 'b', 'c'].entries())
      await store.transaction((tables) => observe(tables, vm, seen, 10 + i, { attestation }))
    assert.deepEqual(await shownByAlerts(store, vm), ['a', 'c'])
    const [row] = await alertRowsOf(store, vm)
    const change = { action: 'resolve', by: 'an operator', reason: 'why not', time: 40 } as const
    await store.transaction((tables) => changeKeptAlert(tables, row!, change))
    assert.deepEqual(await shownByAlerts(store, vm), [])
    await store.transaction((tables) => observe(tables, vm, seen, 50, { attestation: 'd' }))
    assert.deepEqual(await shownByAlerts(store, vm), ['d'])
  })
})

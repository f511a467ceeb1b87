import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FindingId, findingOf } from '@trusted-launch/attestation'
import type { Verdict } from '@trusted-launch/posture'
import { alertOf, alertRowsOf, clearSecureBootOff, observe } from '../../src/domain/alerts.ts'
import type { Resource, Store, Tables } from '../../src/domain/store.ts'
import { EXTENSION } from '../../src/domain/vm/setup.ts'
import { onEach } from '../store/databases.ts'
import { vm as sample } from '../store/samples.ts'

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
      await clearSecureBootOff(tables, vm, who)
    })
    assert.deepEqual(await statesOf(store, vm), ['origin Active 1', 'secure-boot-off Resolved 1'])
    const rows = await alertRowsOf(store, vm)
    const cleared = rows.map(alertOf).find(({ cause }) => cause === 'secure-boot-off')!
    assert.deepEqual([cleared.change!.by, cleared.change!.time], ['an operator', 20])
  })
})

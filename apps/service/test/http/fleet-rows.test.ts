import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStore } from '../../src/store/open.ts'
import { DriftedHost } from '../a-drifted-host.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

test('the lines of a fleet come in pages of up to 10,000, or of the VMs that are named and there', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const [web, db] = [(await aVm(service, 'web')).id, (await aVm(service, 'db')).id]
  host.isDrifted = true
  const attest = `${db}/providers/TrustedLaunch/evidence/attest`
  await service.over(await service.ask('POST', attest))
  const path = `${service.subscription}/providers/TrustedLaunch/fleet`
  const lines = async (query: string) => {
    const { status, body } = await service.ask('GET', `${path}?${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    return body.value
  }
  const all = await lines('$top=10000')
  assert.deepEqual(
    all.map(({ name, integrity }: any) => [name, integrity]),
    [
      ['db', 'drifting'],
      ['web', 'affirming'],
    ],
  )
  const elsewhere = await otherSubscription(service, web)
  const ids = [web.toUpperCase(), `${web}x`, service.group('rg'), elsewhere, db].join()
  assert.deepEqual(await lines(`ids=${encodeURIComponent(ids)}`), all.toReversed())
  const many = Array.from({ length: 51 }, () => web).join()
  for (const query of ['$top=10001', '$top=0', `ids=${encodeURIComponent(many)}`]) {
    const { status, body } = await service.ask('GET', `${path}?${query}`)
    assert.deepEqual([status, body.error?.code], [400, 'InvalidParameter'], query)
  }
})

/** A row like it in another subscription. @returns its id */
async function otherSubscription({ data, subscription }: TestService, vm: string) {
  const store = await openStore({ path: join(data, 'service.db') })
  const { etag: _, changedAt, ...one } = (await store.resources.get(vm))!
  const id = vm.replace(subscription, '/subscriptions/other')
  await store.resources.insert({ ...one, id, subscriptionId: 'other' }, changedAt)
  await store.close()
  return id
}

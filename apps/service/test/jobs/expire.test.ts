import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { alertRowsOf, changeKeptAlert, observe } from '../../src/domain/alerts.ts'
import {
  expireAttestations,
  forgetAlerts,
  forgetOperations,
  forgetTokens,
} from '../../src/jobs/expire.ts'
import { openStore } from '../../src/store/open.ts'
import { attestation, operation, vm } from '../store/samples.ts'

const DAY_MS = 86_400_000
const now = 400 * DAY_MS

async function aStore(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-expire-'))
  const store = await openStore({ path: join(folder, 'service.db') })
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return store
}

test('of every VM what is past its time goes: a month of what affirmed, a year of what did not', async (t) => {
  const store = await aStore(t)
  // more than a page of VMs
  const names = Array.from({ length: 101 }, (_, i) => `vm-${i}`)
  for (const vmId of names) await store.resources.insert({ ...vm(vmId), state: { vmId } }, 1)
  for (const vmId of [names[0]!, names.at(-1)!])
    for (const [days, tier] of [
      [370, 'contraindicated'],
      [300, 'contraindicated'],
      [32, 'affirming'],
      [30, 'affirming'],
      [1, 'affirming'],
    ] as const)
      await store.attestations.insert(
        attestation(`${vmId} ${days}`, now - days * DAY_MS, vmId, tier),
      )
  assert.equal(await expireAttestations(store, now), 4)
  assert.equal(await expireAttestations(store, now), 0)
  const left = await store.attestations.list(names[0]!, { limit: 10 })
  assert.deepEqual(
    left.map(({ at }) => (now - at) / DAY_MS),
    [1, 30, 300],
  )
})

test('operations that ended are forgotten after a week, and what commands wrote after a day', async (t) => {
  const store = await aStore(t)
  const left = async () => (await store.operations.list({ limit: 10 })).map(({ id }) => id)
  const ended = async (kind: string, days: number) => {
    const { id } = await store.operations.enqueue({ ...operation(`vm-${days}`), kind }, 1)
    const claim = await store.operations.claim({ owner: 'w', hosts: [], at: 2, leaseMs: 10 })
    await store.under(claim!, ({ claimed }) =>
      claimed.finish({ status: 'Succeeded', result: { value: 'a secret' } }, now - days * DAY_MS),
    )
    return id
  }
  await ended('vm.create', 8)
  const start = await ended('vm.start', 6)
  await ended('vm.runCommand', 2)
  const command = await ended('vm.runCommand', 0.5)
  const { id: open } = await store.operations.enqueue(operation('open'), 1)
  assert.equal(await forgetOperations(store, now), 2)
  assert.deepEqual(await left(), [start, command, open])
  assert.equal(await forgetOperations(store, now + 2 * DAY_MS), 2)
  assert.deepEqual(await left(), [open])
})

test('a token that was made is forgotten ten minutes later, with its operation', async (t) => {
  const store = await aStore(t)
  const made = async (kind: string, minutes: number) => {
    const { id } = await store.operations.enqueue({ ...operation(`vm-${minutes}`), kind }, 1)
    const claim = await store.operations.claim({ owner: 'w', hosts: [], at: 2, leaseMs: 10 })
    const end = { status: 'Succeeded', result: { token: 'a secret' } } as const
    await store.under(claim!, ({ claimed }) => claimed.finish(end, now - minutes * 60_000))
    return id
  }
  await made('vm.token', 11)
  const token = await made('vm.token', 9)
  const command = await made('vm.runCommand', 11)
  assert.equal(await forgetTokens(store, now), 1)
  const left = await store.operations.list({ limit: 10 })
  assert.deepEqual(
    left.map(({ id }) => id),
    [token, command],
  )
})

test('an alert that somebody closed goes a week after its VM; what is open, or of a VM that is there, stays', async (t) => {
  const store = await aStore(t)
  const week = 7 * DAY_MS
  const lost = { kind: 'vtpm-lost' } as const
  for (const name of ['gone', 'open', 'there']) {
    const made = await store.resources.insert({ ...vm(name), state: { vmId: name } }, 1)
    await store.transaction((tables) => observe(tables, made, lost, 1))
    const [row] = await alertRowsOf(store, made)
    const change = { action: 'resolve', by: 'Ann', reason: 'It was known.', time: 2 } as const
    if (name !== 'open') await store.transaction((tables) => changeKeptAlert(tables, row!, change))
    if (name !== 'there') await store.resources.delete(made.id)
  }
  assert.equal(await forgetAlerts(store, 1 + week), 0)
  assert.equal(await forgetAlerts(store, 2 + week), 1)
  assert.equal(await forgetAlerts(store, 2 + 100 * week), 0)
})

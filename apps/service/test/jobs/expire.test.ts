import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { expireAttestations } from '../../src/jobs/expire.ts'
import { openStore } from '../../src/store/open.ts'
import { attestation, vm } from '../store/samples.ts'

const DAY_MS = 86_400_000
const now = 400 * DAY_MS

test('of every VM what is past its time goes: a month of what affirmed, a year of what did not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-expire-'))
  const store = await openStore({ path: join(folder, 'service.db') })
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
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

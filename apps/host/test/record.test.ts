import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readRecord } from '../src/machine/record.ts'

/** A record as the first release wrote it. */
const former = {
  version: 1,
  spec: {
    ...{ id: 'vm-1', name: 'a test', memoryMiB: 512, vcpus: 1, disk: { format: 'raw' } },
    ...{ secureBoot: false, signatures: null, vtpm: { banks: ['sha256'] } },
  },
  uuid: '6f1c2a52-2a43-4d0e-9d5e-000000000001',
  accounts: { qemu: null, swtpm: null },
  identity: { vm: 'vm-1', generation: 1, ekName: 'base64url:AAEC' },
  run: null,
  isolated: false,
  lastEnd: 'never',
}

function read(t: TestContext, record: object) {
  const top = mkdtempSync(join(tmpdir(), 'tl-record-'))
  t.after(() => rmSync(top, { recursive: true }))
  const folder = join(top, 'vm-1')
  mkdirSync(folder)
  writeFileSync(join(folder, 'machine.json'), JSON.stringify(record))
  return readRecord(folder)!
}

test('what a former release could not write down reads as not there', (t) => {
  const { spec } = read(t, former)
  const absent = { network: null, seed: false, dataDisks: null, guest: 'linux' }
  assert.deepEqual(spec, {
    ...former.spec,
    ...absent,
    iommu: false,
    guestCommands: false,
    firmware: 'uefi',
  })
})

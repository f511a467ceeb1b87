import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { equalBytes } from '@trusted-launch/codec'
import {
  authenticodeDigest,
  decodePe,
  decodeVariableStore,
  GUIDS,
  type MoreSignatures,
  templateWithMore,
  VARIABLES,
  variablesOfTemplate,
} from '@trusted-launch/uefi'
import { MICROSOFT_UEFI_CA } from '../../../tests/e2e/templates.ts'
import { debianFiles } from '../src/images/debian-files.ts'
import { type Host, openHost } from '../src/index.ts'

const cache = new URL('../../../.cache', import.meta.url).pathname
const [small] = globSync(join(cache, 'images/small-*/disk.raw'))
const skip =
  small === undefined || !existsSync(join(cache, 'debian/current'))
    ? 'no image built yet: npm run setup builds it'
    : false

/** Digests that are forbidden. */
const revoking = (...value: Uint8Array[]): MoreSignatures => ({
  ...{ KEK: [], db: [] },
  dbx: [{ type: 'sha256', value, signatureOwner: GUIDS.MICROSOFT_SIGNATURE_OWNER }],
})

/** A host with one VM that never ran. */
async function place(t: TestContext, image?: string) {
  const path = mkdtempSync(join(tmpdir(), 'tl-keys-'))
  const stateDirectory = join(path, 'state')
  let host: Host = await openHost({ stateDirectory })
  t.after(async () => {
    await host.close()
    rmSync(path, { recursive: true })
  })
  writeFileSync(join(path, 'image'), Buffer.alloc(1 << 16))
  const vm = await host.create({
    ...{ id: 'vm-1', name: 'a test', memoryMiB: 512, vcpus: 1, vtpm: null },
    disk: { path: image ?? join(path, 'image'), format: 'raw' },
    ...{ secureBoot: true, signatures: MICROSOFT_UEFI_CA },
  })
  const reopened = async () => {
    await host.close()
    host = await openHost({ stateDirectory })
    return host.machine('vm-1')
  }
  return { vm, reopened }
}

test('a stopped VM gets keys in its variables and in what it is to have, which are the same; done again nothing changes', async (t) => {
  const { vm, reopened } = await place(t)
  const more = revoking(new Uint8Array(32).fill(7))
  await vm.keys.add(more)
  const after = await vm.readVariables()
  await vm.keys.add(more)
  assert.ok(equalBytes(await vm.readVariables(), after))
  const { spec } = await reopened()
  assert.deepEqual(spec.signatures, templateWithMore(MICROSOFT_UEFI_CA, more))
  const [actual, wanted] = [decodeVariableStore(after), variablesOfTemplate(spec.signatures!, true)]
  for (const variable of [VARIABLES.PK, VARIABLES.KEK, VARIABLES.db, VARIABLES.dbx])
    assert.ok(equalBytes(actual.get(variable)!.data, wanted.get(variable)!.data), variable.name)
})

test('a revocation of what a VM’s own disk starts is told before it is written, and others are not', {
  skip,
}, async (t) => {
  const { vm } = await place(t, small)
  const before = await vm.readVariables()
  const shim = authenticodeDigest(decodePe(debianFiles(cache).shim), 'sha256')
  assert.equal(await vm.keys.refusesWith(revoking(shim)), 'loader')
  assert.equal(await vm.keys.refusesWith(revoking(new Uint8Array(32))), null)
  assert.ok(equalBytes(await vm.readVariables(), before))
})

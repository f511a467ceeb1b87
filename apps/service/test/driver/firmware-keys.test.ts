import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { variantWithVariables } from '@trusted-launch/attestation'
import { predict } from '@trusted-launch/bootchain'
import { findFirmware, makeVariableStore, openDiskFile } from '@trusted-launch/host'
import { templateWithMore } from '@trusted-launch/uefi'
import { keyUpdateFor } from '../../src/domain/vm/current-keys.ts'
import { firmwareKeysOf, keysOf2011 } from '../a-firmware.ts'

const [small] = globSync(join(import.meta.dirname, '../../../../.cache/images/small-*/disk.raw'))
const skip = small === undefined && 'no image built yet: npm run setup builds it'

test('a variant with other keys is what is foretold of a boot with them', { skip }, async () => {
  const old = keysOf2011()
  const next = templateWithMore(old, keyUpdateFor(firmwareKeysOf(old)).more)
  const variantOf = async (keys: typeof old) => {
    const variables = await makeVariableStore(findFirmware(), keys, true)
    const disk = openDiskFile(small!, 'raw')
    const image = { name: 'small', sha256: 'a'.repeat(64) }
    const banks = ['sha256'] as const
    const one = predict({ disk, image, variables, banks, firmware: null, modules: null })
    disk.close()
    return { ...one, bounds: null }
  }
  const [before, after] = [await variantOf(old), await variantOf(next)]
  assert.notDeepEqual(before.pcrs[7], after.pcrs[7])
  const keys = firmwareKeysOf(next)
  assert.deepEqual(variantWithVariables(before, keys)!.pcrs, after.pcrs)
  assert.deepEqual(variantWithVariables(before, keys)!.variables, after.variables)
  const alone = { ...before, pcrs: { ...before.pcrs, 7: { ...before.pcrs[7]!, events: null } } }
  assert.equal(variantWithVariables(alone, keys), null)
})

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  decodeVariableStore,
  encodeVariableStore,
  plainVariable,
  secureBootState,
  VARIABLES,
} from '@trusted-launch/uefi'
import { findFirmware, takeVariableStore } from '../src/firmware.ts'

const enrolled = '/usr/share/OVMF/OVMF_VARS_4M.ms.fd'
const blank = '/usr/share/OVMF/OVMF_VARS_4M.fd'
const skip = existsSync(enrolled) ? false : 'Debian’s ovmf is not on this machine'
const bytesOf = (path: string) => new Uint8Array(readFileSync(path))

test('another host’s variables are kept, with Secure Boot as it is asked for', {
  skip,
}, async () => {
  const mok = plainVariable(VARIABLES.MokList, Uint8Array.of(1, 2, 3))
  const former = encodeVariableStore(
    bytesOf(enrolled),
    decodeVariableStore(bytesOf(enrolled)).with(mok),
  )
  for (const secureBoot of [true, false]) {
    const store = decodeVariableStore(await takeVariableStore(findFirmware(), former, secureBoot))
    assert.equal(secureBootState(store).enforced, secureBoot)
    assert.deepEqual(store.get(VARIABLES.MokList)?.data, mok.data)
    for (const name of [VARIABLES.PK, VARIABLES.db, VARIABLES.dbx])
      assert.deepEqual(store.get(name)?.data, decodeVariableStore(former).get(name)?.data)
  }
})

test('a store without keys is refused where Secure Boot is asked for, and what is none always', {
  skip,
}, async () => {
  const firmware = findFirmware()
  await assert.rejects(takeVariableStore(firmware, bytesOf(blank), true), {
    code: 'secure-boot-not-enforced',
  })
  await takeVariableStore(firmware, bytesOf(blank), false)
  await assert.rejects(takeVariableStore(firmware, new Uint8Array(4096), false), {
    code: 'variable-store-malformed',
  })
})

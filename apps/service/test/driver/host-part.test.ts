import assert from 'node:assert/strict'
import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { compareHostPart } from '@trusted-launch/attestation'
import {
  findFirmware,
  type Host,
  type Machine,
  type MachineFacts,
  makeVariableStore,
} from '@trusted-launch/host'
import { MICROSOFT_UEFI_CA } from '../../../../tests/e2e/templates.ts'
import { HostFirmware } from '../../src/driver/host-firmware.ts'
import { hostPartOf } from '../../src/driver/host-part.ts'

const installed = findFirmware()
const bytes = (value: number) => new Uint8Array(34).fill(value)
const identity = { generation: 1, ekName: bytes(1), akName: bytes(2) } as Machine['identity'] &
  object
const run = { program: '/usr/bin/qemu', directory: '/vms/a', arguments: ['-S'] }
const sound: MachineFacts = {
  qemu: { asked: run, actual: run },
  vtpm: { identity, stateEncrypted: true },
  store: { stopped: 'a', started: 'a' },
}

/** The findings of a VM of which its host knows these facts, with its keys in their variables. */
async function found(
  t: TestContext,
  facts: MachineFacts,
  change: { firmware?: boolean; secureBoot?: boolean } = {},
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-host-part-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const code = join(folder, 'code.fd')
  copyFileSync(installed.code, code)
  const firmware = new HostFirmware({ firmware: { ...installed, code } } as Host)
  if (change.firmware) appendFileSync(code, 'x')
  const { secureBoot = true } = change
  const variables = makeVariableStore(installed, MICROSOFT_UEFI_CA, secureBoot)
  const machine = {
    identity,
    spec: { signatures: MICROSOFT_UEFI_CA, secureBoot: true },
    facts: async () => facts,
    readVariables: async () => variables,
  } as unknown as Machine
  const { actual, wanted } = await hostPartOf(machine, firmware)
  return compareHostPart(actual, wanted).map(({ id }) => id)
}

test('a VM that runs as it was made has no finding of its host', async (t) => {
  assert.deepEqual(await found(t, sound), [])
  assert.deepEqual(
    await found(t, { qemu: null, vtpm: null, store: null }),
    [],
    'nor has one that is stopped',
  )
})

test('firmware, variables, arguments, keys and header are each looked at', async (t) => {
  assert.deepEqual(await found(t, sound, { firmware: true }), ['host.firmware'])
  assert.deepEqual(await found(t, sound, { secureBoot: false }), ['host.variables'])
  const actual = { ...run, arguments: ['-S', '-gdb', 'tcp::1'] }
  assert.deepEqual(await found(t, { ...sound, qemu: { asked: run, actual } }), ['host.machine'])
  const touched = { ...sound, store: { stopped: 'a', started: 'b' } }
  assert.deepEqual(await found(t, touched), ['host.variables'])
  const other = { ...identity, ekName: bytes(3) }
  const replaced = { ...sound, vtpm: { identity: other, stateEncrypted: true } }
  assert.deepEqual(await found(t, replaced), ['host.identity'])
  const plain = { ...sound, vtpm: { identity, stateEncrypted: false } }
  assert.deepEqual(await found(t, plain), ['host.vtpm.unencrypted'])
  const absent = { ...sound, vtpm: { identity, stateEncrypted: null } }
  assert.deepEqual(await found(t, absent), [], 'of a state that is not there nothing is said')
})

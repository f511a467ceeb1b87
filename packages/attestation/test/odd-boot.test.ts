import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode, fromLatin1 } from '@trusted-launch/codec'
import { ACTION, EV, type NewEvent } from '@trusted-launch/eventlog'
import { UEFI_VARIABLE_DATA, VARIABLES, type VariableName } from '@trusted-launch/uefi'
import { PROFILES } from '../src/profile.ts'
import {
  act,
  after,
  appraise,
  before,
  type Edits,
  ids,
  instead,
  isVariable,
  measure,
  says,
  separatorOf,
} from './log-edit.ts'
import { events as genuine } from './recorded.ts'

/** Genuine but for something that a person should know: told, and nothing refused. */
const told: Edits = {
  'a separator of ones': [
    instead(separatorOf(2), () => [measure(2, EV.SEPARATOR, new Uint8Array(4).fill(0xff))]),
    'eventlog.quirk',
  ],
  'a firmware without DMA protection': [
    before(separatorOf(7), act(7, ACTION.dmaProtectionDisabled)),
    'secure-boot.dma-protection',
  ],
  'the audit mode': [
    after(isVariable(VARIABLES.dbx), configured(VARIABLES.AuditMode, 1)),
    'secure-boot.audit-mode',
  ],
  'a firmware that is not deployed': [
    after(isVariable(VARIABLES.dbx), configured(VARIABLES.DeployedMode, 0)),
    'secure-boot.not-deployed',
  ],
  "shim's validation off": [
    after(says('MokListX'), {
      ...measure(14, EV.IPL, Uint8Array.of(1)),
      data: fromLatin1('MokSBState\0'),
    }),
    'mok.validation-off',
  ],
}

function configured({ name, guid }: VariableName, byte: number): NewEvent {
  const held = { variableName: guid, unicodeName: name, variableData: Uint8Array.of(byte) }
  return measure(7, EV.EFI_VARIABLE_DRIVER_CONFIG, encode(UEFI_VARIABLE_DATA, held))
}

for (const profile of PROFILES)
  for (const [what, [edit, id]] of Object.entries(told))
    test(`a boot with ${what} is told in ${profile}: ${id}`, () => {
      const steps = edit([...genuine])
      const got = appraise(steps, steps, profile)
      assert.equal(got.verified, true, ids(got).join(' '))
      assert.deepEqual(ids(got), [id])
    })

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, decode, encode, fromLatin1 } from '@trusted-launch/codec'
import { ACTION, EV } from '@trusted-launch/eventlog'
import { UEFI_VARIABLE_DATA, VARIABLES } from '@trusted-launch/uefi'
import { PROFILES } from '../src/profile.ts'
import {
  act,
  after,
  appraise,
  authority,
  before,
  drop,
  type Edits,
  ids,
  instead,
  isVariable,
  measure,
  separatorOf,
  value,
  variable,
  zeros,
} from './log-edit.ts'
import { events as genuine } from './recorded.ts'

const foreign = { name: 'SecureBoot', guid: VARIABLES.db.guid }
const pair = concat(...[0, 1].map(() => new Uint8Array(100)))

/** The log gives what the TPM holds: root extended it after the boot, or the firmware is odd. */
const forgeries: Edits = {
  'SecureBoot twice': [
    after(isVariable(VARIABLES.SecureBoot), genuine.find(isVariable(VARIABLES.SecureBoot))!),
    'secure-boot.variables',
  ],
  'db under another GUID': [
    variable(VARIABLES.db, (held) => ({ ...held, variableName: VARIABLES.PK.guid })),
    'secure-boot.variables',
  ],
  'SecureBoot under another GUID': [
    variable(VARIABLES.SecureBoot, (held) => ({ ...held, variableName: foreign.guid })),
    'secure-boot.variables',
  ],
  'a name that looks alike': [
    variable(VARIABLES.SecureBoot, (held) => ({ ...held, unicodeName: 'secureboot' })),
    'secure-boot.variables',
  ],
  'a value of two bytes': [value(VARIABLES.SecureBoot, Uint8Array.of(1, 0)), 'secure-boot.value'],
  'a value of two': [value(VARIABLES.SecureBoot, Uint8Array.of(2)), 'secure-boot.value'],
  'no KEK': [drop(isVariable(VARIABLES.KEK)), 'secure-boot.variables'],
  'no dbx': [drop(isVariable(VARIABLES.dbx)), 'secure-boot.variables'],
  'an empty db': [value(VARIABLES.db, new Uint8Array()), 'secure-boot.keys'],
  'an empty PK': [value(VARIABLES.PK, new Uint8Array()), 'secure-boot.keys'],
  'two platform keys': [
    variable(VARIABLES.PK, (held) => ({
      ...held,
      variableData: concat(held.variableData, held.variableData),
    })),
    'secure-boot.keys',
  ],
  'no authority': [drop(authority(VARIABLES.db)), 'secure-boot.authority.missing'],
  "shim's authority under the firmware's GUID": [
    instead(authority(VARIABLES.MokListRT), (found) => [
      measure(
        7,
        found.eventType,
        encode(UEFI_VARIABLE_DATA, {
          ...decode(UEFI_VARIABLE_DATA, found.data),
          variableName: VARIABLES.db.guid,
        }),
      ),
    ]),
    'secure-boot.authority.foreign',
  ],
  'a list of more bytes than there are': [
    value(VARIABLES.dbx, pair.with(16, 255)),
    'secure-boot.lists',
  ],
  'a variable of 2^63 bytes': [
    instead(isVariable(VARIABLES.db), (found) => [
      measure(7, found.eventType, found.data.with(31, 0x80)),
    ]),
    'secure-boot.variables',
  ],
  'something told as a variable that is none': [
    before(separatorOf(7), measure(7, EV.EFI_VARIABLE_DRIVER_CONFIG, fromLatin1('none'))),
    'secure-boot.variables',
  ],
  'something told as an authority that is none': [
    after(separatorOf(7), measure(7, EV.EFI_VARIABLE_AUTHORITY, fromLatin1('none'))),
    'secure-boot.variables',
  ],
  'the debug mode': [before(separatorOf(7), act(7, ACTION.debugMode)), 'secure-boot.debug-mode'],
  'an action that PCR 7 does not know': [before(separatorOf(7), act(7, 'x')), 'secure-boot.action'],
  'an unknown type in PCR 7': [
    before(separatorOf(7), measure(7, 0xdeadbeef, zeros)),
    'eventlog.disguised',
  ],
  'a tag where variables are': [
    before(separatorOf(7), measure(7, EV.EVENT_TAG, zeros.with(0, 7))),
    'eventlog.type.secure-boot',
  ],
}

for (const profile of PROFILES)
  for (const [what, [edit, id]] of Object.entries(forgeries))
    test(`a boot with ${what} is refused in ${profile}: ${id}`, () => {
      const steps = edit([...genuine])
      const got = appraise(steps, steps, profile)
      assert.equal(got.verified, false, ids(got).join(' '))
      assert.ok(ids(got).includes(id), ids(got).join(' '))
      assert.equal(got.secureBoot, 'unverified')
    })

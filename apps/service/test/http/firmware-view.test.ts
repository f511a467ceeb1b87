import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import {
  EFI_VARIABLE,
  plainVariable,
  VARIABLES,
  VariableStore,
  variablesOfTemplate,
  withSecureBoot,
} from '@trusted-launch/uefi'
import { randomFrom } from '../../../../packages/codec/test/check.ts'
import { keysFor } from '../../src/catalogue/secure-boot-templates.ts'
import { variablesView } from '../../src/http/resources/firmware-view.ts'
import {
  READER,
  SECURITY_READER,
  VIRTUAL_MACHINE_CONTRIBUTOR,
} from '../../src/identity/role-definitions.ts'
import { firmwareKeysOf, keysOf2011 } from '../a-firmware.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const OWNER = '77fa9abd-0359-4d32-bd60-28f4e78f784b'
const revoked = keysFor('Linux').dbx.flatMap(({ value }) => value).length

test('a VM of the template shows each certificate with its dates, hash, owner and generation, and how much it revokes', () => {
  const view: any = variablesView(variablesOfTemplate(keysFor('Linux'), true))
  const { signatures, machineOwnerKeys, ...rest } = view
  assert.deepEqual(rest, {
    secureBootEnforced: true,
    secureBootEnable: true,
    customMode: false,
    setupMode: false,
    microsoftAuthorities: ['KEK 2011', 'KEK 2023', 'UEFI 2011', 'UEFI 2023'],
    signatureTemplates: [
      {
        name: 'MicrosoftUefiCertificateAuthorityTemplate',
        authorities: ['UEFI 2011', 'UEFI 2023'],
      },
    ],
    sbatLevel: null,
  })
  const { PK, KEK, db, dbx } = signatures
  assert.match(PK.certificates[0].subject, /CN=Windows OEM Devices PK$/)
  assert.equal(PK.certificates[0].microsoftAuthority, null)
  assert.equal(KEK.certificates.length, 2)
  assert.deepEqual(db.certificates[0], {
    sha256: '48e99b991f57fc52f76149599bff0a58c47154229b9f8d603ac40d3500248507',
    signatureOwner: OWNER,
    microsoftAuthority: 'UEFI 2011',
    subject:
      'C=US, ST=Washington, L=Redmond, O=Microsoft Corporation, CN=Microsoft Corporation UEFI CA 2011',
    issuer:
      'C=US, ST=Washington, L=Redmond, O=Microsoft Corporation, CN=Microsoft Corporation Third Party Marketplace Root',
    notBefore: '2011-06-27T21:22:45.000Z',
    notAfter: '2026-06-27T21:32:45.000Z',
  })
  assert.deepEqual(dbx, { certificates: [], sha256Count: revoked, otherCount: 0 })
  const none = { certificates: [], sha256Count: 0, otherCount: 0 }
  assert.deepEqual(machineOwnerKeys, { MokList: none, MokListX: none })
})

test('it says why nothing is enforced, and which template of 2011 alone there is', () => {
  const windows = variablesOfTemplate(keysOf2011('Windows'), true)
  const off: any = variablesView(withSecureBoot(windows, false))
  assert.deepEqual(
    [off.secureBootEnforced, off.secureBootOffReason, off.secureBootEnable],
    [false, 'secure-boot-disabled', false],
  )
  assert.deepEqual(off.signatureTemplates, [
    { name: 'MicrosoftWindowsTemplate', authorities: ['Windows 2011'] },
  ])
  const custom: any = variablesView(
    windows.with(plainVariable(VARIABLES.CustomMode, Uint8Array.of(1))),
  )
  assert.deepEqual([custom.secureBootOffReason, custom.customMode], ['custom-mode', true])
  const empty: any = variablesView(new VariableStore())
  assert.deepEqual(
    [empty.setupMode, empty.secureBootOffReason, empty.secureBootEnable],
    [true, 'setup-mode', null],
  )
})

test('shim’s level is told by its date and generations', () => {
  const level = toUtf8('sbat,1,2023012900\nshim,2\ngrub,3\ngrub.debian,4\n')
  const variable = plainVariable(VARIABLES.SbatLevel, level, EFI_VARIABLE.NON_VOLATILE)
  assert.deepEqual(variablesView(new VariableStore([variable])).sbatLevel, {
    date: '2023012900',
    components: [
      { component: 'sbat', generation: 1 },
      { component: 'shim', generation: 2 },
      { component: 'grub', generation: 3 },
      { component: 'grub.debian', generation: 4 },
    ],
  })
})

test('whatever a guest wrote is shown, or said not to be readable, and hides nothing else', () => {
  const whole = variablesOfTemplate(keysFor('Linux'), true)
  const names = ['PK', 'KEK', 'db', 'dbx', 'MokList', 'SbatLevel', 'SecureBootEnable'] as const
  const chance = randomFrom(7)
  for (let round = 0; round < 200; round++) {
    const variable = VARIABLES[names[round % names.length]!]
    const data = whole.get(variable)?.data.slice() ?? new Uint8Array(80)
    for (let i = 0; i < 4 && data.length > 0; i++) data[chance(data.length)] = chance(256)
    const cut = data.subarray(0, chance(data.length + 1))
    const view: any = variablesView(whole.with(plainVariable(variable, cut)))
    if (variable.name !== 'PK') assert.equal(view.signatures.PK.certificates.length, 1)
  }
  const torn: any = variablesView(whole.with(plainVariable(VARIABLES.db, Uint8Array.of(1, 2))))
  assert.match(torn.signatures.db.unreadable, /signatureType/)
  assert.deepEqual(torn.microsoftAuthorities, ['KEK 2011', 'KEK 2023'])
  const unnamed = firmwareKeysOf({
    KEK: [],
    dbx: [],
    db: [{ type: 'x509', value: [new Uint8Array(9)], signatureOwner: OWNER }],
  })
  const odd: any = variablesView(whole.with(plainVariable(VARIABLES.db, unnamed.db)))
  assert.match(odd.signatures.db.certificates[0].unreadable, /Certificate/)
})

test('it is asked of a VM as it is now, by who may read it; one that is not made has none', async (t) => {
  const variables = variablesOfTemplate(keysOf2011(), true)
  const host = new ScriptedHost({ firmwareKeys: firmwareKeysOf(keysOf2011()), variables })
  const service = await aService(t, host)
  const { id: vm } = await aVm(service)
  const path = `${vm}/providers/TrustedLaunch/firmwareKeys/current`
  const shown = await service.ask('GET', path)
  const { properties, ...named } = shown.body
  assert.equal(shown.status, 200)
  assert.deepEqual(named, { id: path, name: 'current', type: 'TrustedLaunch/firmwareKeys' })
  assert.deepEqual(properties.microsoftAuthorities, ['KEK 2011', 'UEFI 2011'])
  await service.over(await service.ask('POST', `${vm}/deallocate`))
  const update = `${vm}/providers/TrustedLaunch/firmwareKeys/update`
  await service.over(await service.ask('POST', update, {}))
  const after = (await service.ask('GET', path)).body.properties
  assert.deepEqual(after.microsoftAuthorities, ['KEK 2011', 'KEK 2023', 'UEFI 2011', 'UEFI 2023'])
  assert.equal(after.signatures.dbx.sha256Count, revoked)
  for (const role of [READER, SECURITY_READER])
    assert.equal((await (await aPrincipal(service, role.name, vm)).ask('GET', path)).status, 200)
  const other = await aPrincipal(service, VIRTUAL_MACHINE_CONTRIBUTOR.name, vm)
  assert.equal((await other.ask('GET', path)).status, 403)
  assert.equal((await service.ask('GET', path.replace('/web/', '/none/'))).status, 404)
  host.variables = async () => null
  const none = await service.ask('GET', path)
  assert.deepEqual([none.status, none.body.error.code], [409, 'OperationNotAllowed'])
  assert.match(none.body.error.message, /VM 'web' cannot be shown: its host has not made it\.$/)
  host.variables = async () => {
    throw new MalformedError('FV', 0, 'no header')
  }
  const bad = await service.ask('GET', path)
  assert.equal(bad.status, 409)
  assert.match(
    bad.body.error.message,
    /cannot be shown: its variable store cannot be read: FV.*no header/,
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode, toUtf8 } from '@trusted-launch/codec'
import { digest, PublicKey } from '@trusted-launch/crypto'
import { ACTION, EV } from '@trusted-launch/eventlog'
import { certificateList, SignatureDatabase, sha256List, VARIABLES } from '@trusted-launch/uefi'
import { appraise, idsOf, isVariable, of, withStep } from './appraised.ts'
import { anchor, issue } from './attester.ts'
import {
  action,
  authority,
  banks,
  cleanBoot,
  commandLine,
  configured,
  file,
  image,
  referencesOf,
  type Step,
  separator,
  signer,
} from './boot.ts'

const none = new Uint8Array()
const noDbx = configured(VARIABLES.dbx, none)
const audit = configured(VARIABLES.AuditMode, Uint8Array.of(0))
const owner = '77fa9abd-0359-4d32-bd60-28f4e78f784b'
const weak = issue({
  subject: [{ oid: '2.5.4.3', value: 'weak' }],
  publicKey: PublicKey.fromRsa(new Uint8Array(128).fill(0xff), 65537),
  extensions: [],
})
const weakDatabase = encode(SignatureDatabase, [
  certificateList(owner, anchor.der),
  certificateList(owner, weak.der),
])

const brokenDatabase = encode(SignatureDatabase, [
  certificateList(owner, anchor.der),
  certificateList(owner, anchor.der.slice(0, -1)),
])
const hashDatabase = encode(SignatureDatabase, [
  sha256List(owner, [digest('sha256', toUtf8('image'))]),
])

const structure: Record<string, [id: string, steps: () => Step[]]> = {
  'a separator missing': [
    'eventlog.separator.missing',
    () =>
      cleanBoot()
        .filter((step) => !(step.eventType === EV.SEPARATOR && step.pcrIndex === 3))
        .concat(),
  ],
  'a second separator': ['eventlog.separator.repeated', () => [...cleanBoot(), separator(2)]],
  'an error separator': [
    'eventlog.separator.error',
    () => withStep((s) => s.eventType === EV.SEPARATOR && s.pcrIndex === 2, separator(2, 1)),
  ],
  'a separator of no legal value': [
    'eventlog.separator.value',
    () => withStep((s) => s.eventType === EV.SEPARATOR && s.pcrIndex === 2, separator(2, 7)),
  ],
  'a separator above PCR 7': ['eventlog.separator.value', () => [...cleanBoot(), separator(9)]],
  'a firmware PCR never extended': [
    'pcr.empty',
    () => cleanBoot().filter(({ pcrIndex }) => pcrIndex !== 6),
  ],
  'a measurement between the separators': [
    'eventlog.phase',
    () => {
      const boot = cleanBoot()
      const at = boot.findIndex((s) => s.eventType === EV.SEPARATOR && s.pcrIndex === 3)
      return [...boot.slice(0, at), file('initrd', 'x', '/x'), ...boot.slice(at)]
    },
  ],
  'PK before SecureBoot': [
    'secure-boot.variables',
    () => {
      const boot = cleanBoot()
      const [secureBoot, pk] = boot.splice(3, 2)
      return [...boot.slice(0, 3), pk!, secureBoot!, ...boot.slice(3)]
    },
  ],
  'SecureBoot under another GUID': [
    'secure-boot.variables',
    () =>
      withStep(
        isVariable('SecureBoot'),
        configured({ name: 'SecureBoot', guid: VARIABLES.db.guid }, Uint8Array.of(1)),
      ),
  ],
  'a Secure Boot variable after the separator': [
    'secure-boot.variables',
    () => [...cleanBoot(), configured(VARIABLES.AuditMode, Uint8Array.of(0))],
  ],
  'a variable that PCR 7 does not have': [
    'secure-boot.variables',
    () => withStep(isVariable('dbx'), noDbx, configured(VARIABLES.SetupMode, Uint8Array.of(0))),
  ],
  'an optional variable twice': [
    'secure-boot.variables',
    () => withStep(isVariable('dbx'), noDbx, audit, audit),
  ],
  'optional variables out of their order': [
    'secure-boot.variables',
    () => withStep(isVariable('dbx'), noDbx, audit, configured(VARIABLES.dbt, none)),
  ],
  'dbr before dbt': [
    'secure-boot.variables',
    () =>
      withStep(
        isVariable('dbx'),
        noDbx,
        ...[VARIABLES.dbr, VARIABLES.dbt].map((name) => configured(name, none)),
      ),
  ],
  'a db with a key of 1024 bits': [
    'secure-boot.weak',
    () => withStep(isVariable('db'), configured(VARIABLES.db, weakDatabase)),
  ],
  'a db with a certificate that does not read': [
    'secure-boot.certificate',
    () => withStep(isVariable('db'), configured(VARIABLES.db, brokenDatabase)),
  ],
  'an image that db allows by its hash': [
    'secure-boot.authority.hash',
    () => {
      const boot = withStep(isVariable('db'), configured(VARIABLES.db, hashDatabase))
      return [...boot, authority(VARIABLES.db, hashDatabase.slice(28))]
    },
  ],
  'no platform key': [
    'secure-boot.setup-mode',
    () => withStep(isVariable('PK'), configured(VARIABLES.PK, none)),
  ],
  'five events in PCR 0': [
    'firmware.changed',
    () => [...cleanBoot(), { ...separator(0), data: new Uint8Array(4) }],
  ],
  'two separators and no volume DXEFV in PCR 0': [
    'firmware.changed',
    () => withStep((s) => s.pcrIndex === 0 && Buffer.from(s.data).length === 16),
  ],
  'the firmware ending before it was asked to': [
    'exit-boot-services.order',
    () => {
      const boot = cleanBoot()
      const [invocation, succeeded] = boot.splice(-2)
      return [...boot, succeeded!, invocation!]
    },
  ],
  'an end of the firmware that nobody asked for': [
    'exit-boot-services.missing',
    () => cleanBoot().filter((step, i, boot) => i !== boot.length - 2 || step.pcrIndex !== 5),
  ],
  'something in PCR 5 after the firmware ended': [
    'exit-boot-services.order',
    () => [...cleanBoot(), action(5, 'more')],
  ],
  "a separator's type on other data": [
    'eventlog.separator.value',
    () => [...cleanBoot(), { ...action(6, 'five!'), eventType: EV.SEPARATOR }],
  ],
  'a second SecureBoot at the end': [
    'secure-boot.variables',
    () => [...cleanBoot(), configured(VARIABLES.SecureBoot, Uint8Array.of(1))],
  ],
  'SecureBoot of 2': [
    'secure-boot.value',
    () => withStep(isVariable('SecureBoot'), configured(VARIABLES.SecureBoot, Uint8Array.of(2))),
  ],
  'SecureBoot off': [
    'secure-boot.off',
    () => withStep(isVariable('SecureBoot'), configured(VARIABLES.SecureBoot, Uint8Array.of(0))),
  ],
  'an empty PK': [
    'secure-boot.keys',
    () => withStep(isVariable('PK'), configured(VARIABLES.PK, new Uint8Array())),
  ],
  'a db that is no list': [
    'secure-boot.lists',
    () => withStep(isVariable('db'), configured(VARIABLES.db, new Uint8Array(30))),
  ],
  'no authority': [
    'secure-boot.authority.missing',
    () => cleanBoot().filter(({ eventType }) => eventType !== EV.EFI_VARIABLE_AUTHORITY),
  ],
  'an authority that is not in db': [
    'secure-boot.authority.foreign',
    () => [...cleanBoot(), authority(VARIABLES.db, new Uint8Array(40))],
  ],
  "an authority under shim's name and another GUID": [
    'secure-boot.authority.foreign',
    () => [...cleanBoot(), authority({ name: 'Shim', guid: VARIABLES.PK.guid }, signer)],
  ],
  'an authority twice': [
    'secure-boot.authority.repeated',
    () => [...cleanBoot(), authority(VARIABLES.db, signer)],
  ],
  'UEFI debug mode': [
    'secure-boot.debug-mode',
    () => {
      const boot = cleanBoot()
      return [...boot.slice(0, 3), action(7, ACTION.debugMode), ...boot.slice(3)]
    },
  ],
  'another action in PCR 7': ['secure-boot.action', () => [...cleanBoot(), action(7, 'Something')]],
  'a firmware without DMA protection': [
    'secure-boot.dma-protection',
    () => [action(7, 'DMA Protection Disabled'), ...cleanBoot()],
  ],
  'an application before the boot manager called': [
    'boot-manager.order',
    () => [image('shim', 'early'), ...cleanBoot()],
  ],
  'a second call of a boot option': [
    'boot-manager.order',
    () => [...cleanBoot(), action(4, ACTION.callingApplication)],
  ],
  'no end of the firmware': [
    'exit-boot-services.missing',
    () =>
      cleanBoot().filter(
        ({ pcrIndex, eventType }) => pcrIndex !== 5 || eventType !== EV.EFI_ACTION,
      ),
  ],
  'an image after the firmware ended': [
    'exit-boot-services.order',
    () => [...cleanBoot(), image('kernel', 'late')],
  ],
  'a second kernel command line': [
    'kernel-command-line.count',
    () => [...cleanBoot(), commandLine('/vmlinuz quiet')],
  ],
  'an event of a type PCR 7 does not have': [
    'eventlog.type.secure-boot',
    () => [...cleanBoot(), { ...commandLine('x'), pcrIndex: 7 }],
  ],
  'an event of a type PCR 2 does not have': [
    'eventlog.type',
    () => [...cleanBoot(), { ...commandLine('x'), pcrIndex: 2 }],
  ],
  'a separator that says it is something else': [
    'eventlog.disguised',
    () => [...cleanBoot(), { ...separator(6), eventType: EV.COMPACT_HASH }],
  ],
  'data that is not what was measured': [
    'eventlog.data',
    () =>
      cleanBoot().map((step) =>
        step.component === 'kernel command line'
          ? { ...step, data: toUtf8('kernel_cmdline: /vmlinuz loud\0') }
          : step,
      ),
  ],
}

test('each weak key of a list is named, and no key twice', () => {
  const keys = ['one', 'two'].map((value) =>
    issue({
      subject: [{ oid: '2.5.4.3', value }],
      publicKey: PublicKey.fromRsa(new Uint8Array(128).fill(0xff), 65537),
      extensions: [],
    }),
  )
  const lists = [anchor, ...keys].map(({ der }) => certificateList(owner, der))
  const held = configured(VARIABLES.db, encode(SignatureDatabase, lists))
  const { findings } = appraise(withStep(isVariable('db'), held), { references: null })
  assert.deepEqual(
    findings.flatMap(({ id, actual }) => (id === 'secure-boot.weak' ? [actual] : [])),
    ['CN=one', 'CN=two'],
  )
})

test('an optional variable in its place, and a db of digests, are no fault', () => {
  const boot = withStep(isVariable('dbx'), noDbx, audit)
  assert.deepEqual(idsOf(appraise(boot, { references: referencesOf(boot), measured: [] })), [])
  const [dbt, dbr] = [VARIABLES.dbt, VARIABLES.dbr].map((name) => configured(name, none))
  const all = withStep(isVariable('dbx'), noDbx, dbt!, dbr!, audit)
  assert.deepEqual(idsOf(appraise(all, { references: referencesOf(all), measured: [] })), [])
  const list = sha256List(owner, [new Uint8Array(32)])
  const digests = encode(SignatureDatabase, [certificateList(owner, anchor.der), list])
  const other = withStep(isVariable('db'), configured(VARIABLES.db, digests))
  assert.deepEqual(idsOf(appraise(other, { references: referencesOf(other), measured: [] })), [])
})

test('a known deviation is named: a warning where nobody needs it, a remark where loaders have it', () => {
  const quirks = (boot: Step[]) => {
    const { findings, result } = appraise(boot, { references: referencesOf(boot), measured: [] })
    return [findings.map(({ id, actual }) => `${id}: ${actual}`), result.tier]
  }
  const isSecond = (s: Step) => s.eventType === EV.SEPARATOR && s.pcrIndex === 2
  const ones = withStep(isSecond, separator(2, 0xffff_ffff))
  assert.deepEqual(quirks(ones), [['eventlog.quirk: separator-of-ones'], 'warning'])
  const isCommand = (s: Step) => s.component === 'grub.cfg' && s.pcrIndex === 8
  const text = toUtf8('linuxefi /vmlinuz quiet\0')
  const digests = new Map(banks.map((bank) => [bank, digest(bank, text)] as const))
  const [command] = cleanBoot().filter(isCommand)
  const withNul = withStep(isCommand, { ...command!, digests })
  assert.deepEqual(quirks(withNul), [['eventlog.quirk: text-with-nul'], 'affirming'])
})

test('SecureBoot without a value is off', () => {
  const boot = withStep(isVariable('SecureBoot'), configured(VARIABLES.SecureBoot, none))
  const { claims, findings } = appraise(boot, { references: referencesOf(boot) })
  assert.equal(claims['secure-boot']?.value, false)
  const off = findings.find(({ id }) => id === 'secure-boot.off')
  assert.deepEqual([off?.expected, off?.actual], ['on', 'off'])
})

test('the kernel is measured twice by its Authenticode digest: once or thrice is not as foretold', () => {
  const boot = cleanBoot()
  const kernels = boot.flatMap((step, i) => (of('kernel', 4)(step) ? [i] : []))
  assert.equal(kernels.length, 2)
  for (const at of kernels) {
    const once = appraise(boot.toSpliced(at, 1), { measured: [] })
    assert.deepEqual(idsOf(once), ['kernel.changed'])
    assert.equal(once.result.tier, 'contraindicated')
    const thrice = appraise(boot.toSpliced(at, 0, boot[at]!), { measured: [] })
    assert.deepEqual(idsOf(thrice), ['boot-chain.changed'])
  }
})

test('no type is trusted: relabelled, an event is refused, or says nothing it did not say before', () => {
  const boot = cleanBoot()
  const before = appraise(boot, { measured: [] }).claims
  const types = [EV.IPL, EV.SEPARATOR, EV.EFI_ACTION, EV.NO_ACTION, EV.EVENT_TAG, EV.POST_CODE]
  for (const [i, step] of boot.entries())
    for (const eventType of types) {
      const relabelled = boot.with(i, { ...step, eventType })
      const { result, claims } = appraise(relabelled, { measured: [] })
      if (result.tier === 'affirming') assert.deepEqual(claims, before, `event ${i}: ${eventType}`)
    }
})

for (const [title, [id, steps]] of Object.entries(structure))
  test(`${title} is ${id}, whatever the reference values say`, () => {
    const boot = steps()
    const appraised = appraise(boot, { references: referencesOf(boot) })
    assert.ok(idsOf(appraised).includes(id as never), idsOf(appraised).join(' '))
    assert.notEqual(appraised.result.tier, 'affirming')
  })

test('a claim that data does not vouch for is not made', () => {
  const boot = cleanBoot().map((step) =>
    step.component === 'kernel command line'
      ? { ...step, data: toUtf8('kernel_cmdline: /vmlinuz loud\0') }
      : step,
  )
  assert.deepEqual(appraise(boot).claims['command-line'], {
    value: null,
    verified: false,
    events: [],
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { ACTION, EV } from '@trusted-launch/eventlog'
import { VARIABLES } from '@trusted-launch/uefi'
import { appraiseEvidence, concludeWithoutEvidence } from '../src/appraise.ts'
import { knownFirmware, mergeFirmware } from '../src/learn-firmware.ts'
import { formatResult } from '../src/record.ts'
import type { ReferenceValues } from '../src/reference-values.ts'
import {
  action,
  authority,
  cleanBoot,
  commandLine,
  configured,
  evidenceOf,
  file,
  grub,
  image,
  referencesOf,
  type Step,
  separator,
  signedModule,
  signer,
} from './boot.ts'

const isVariable = (name: string) => (step: Step) =>
  step.pcrIndex === 7 && Buffer.from(step.data).includes(Buffer.from(name, 'utf16le'))
const of = (component: string, pcr: number) => (step: Step) =>
  step.component === component && step.pcrIndex === pcr

/** The clean boot with the first step that fits replaced by these. */
function withStep(fits: (step: Step) => boolean, ...steps: Step[]): Step[] {
  const boot = cleanBoot()
  const at = boot.findIndex(fits)
  assert.ok(at >= 0)
  return [...boot.slice(0, at), ...steps, ...boot.slice(at + 1)]
}

const appraise = (steps: readonly Step[], options?: Parameters<typeof evidenceOf>[1]) =>
  appraiseEvidence(evidenceOf(steps, options))
const idsOf = ({ findings }: ReturnType<typeof appraiseEvidence>) => findings.map(({ id }) => id)

test('a boot that is what its reference values say is affirmed, without a finding', () => {
  const appraised = appraise(cleanBoot(), { measured: [] })
  assert.deepEqual(appraised.findings, [])
  assert.equal(appraised.result.tier, 'affirming')
  assert.equal(appraised.result.bank, 'sha384')
})

test('the same inputs give the same bytes', () => {
  const input = evidenceOf(cleanBoot(), { measured: [] })
  assert.equal(formatResult(appraiseEvidence(input)), formatResult(appraiseEvidence(input)))
})

test('the boot chain names what ran, its signer and its verdict', () => {
  const rows = appraise(cleanBoot()).chain.map(({ stage, signer: by, verdict }) => [
    stage,
    by,
    verdict,
  ])
  assert.deepEqual(rows, [
    ['firmware', null, 'expected'],
    ['shim', 'CN=Test AK CA', 'expected'],
    ['GRUB', 'CN=Test AK CA', 'expected'],
    ['grub.cfg', null, 'expected'],
    ['kernel', 'CN=Test AK CA', 'expected'],
    ['kernel command line', null, 'expected'],
    ['initrd', null, 'expected'],
  ])
})

const changed: Record<string, [id: string, component: string, steps: () => Step[]]> = {
  'another initrd': [
    'initrd.changed',
    'initrd',
    () => withStep(of('initrd', 9), file('initrd', 'evil', '/initrd.img')),
  ],
  'another kernel command line': [
    'kernel-command-line.changed',
    'kernel command line',
    () => withStep(of('kernel command line', 8), commandLine('/vmlinuz init=/bin/sh')),
  ],
  'another kernel file': [
    'kernel.changed',
    'kernel',
    () => withStep(of('kernel', 9), file('kernel', 'evil', '/vmlinuz')),
  ],
  'another shim': ['shim.changed', 'shim', () => withStep(of('shim', 4), image('shim', 'evil'))],
  'another GRUB': ['grub.changed', 'GRUB', () => withStep(of('GRUB', 4), image('GRUB', 'evil'))],
  'another grub.cfg': [
    'grub-configuration.changed',
    'grub.cfg',
    () => withStep(of('grub.cfg', 9), file('grub.cfg', 'evil', '/EFI/debian/grub.cfg')),
  ],
  'one GRUB command more': [
    'grub-configuration.changed',
    'grub.cfg',
    () => withStep(of('grub.cfg', 8), grub('insmod evil'), grub('linuxefi /vmlinuz quiet')),
  ],
  'another firmware volume': [
    'firmware.changed',
    'firmware',
    () =>
      withStep((step) => step.pcrIndex === 0 && step.eventType !== EV.S_CRTM_VERSION, {
        ...cleanBoot()[2]!,
      }),
  ],
}

for (const [title, [id, component, steps]] of Object.entries(changed))
  test(`${title} is contraindicated, and named: ${component}`, () => {
    const { result, findings } = appraise(steps())
    assert.equal(result.tier, 'contraindicated')
    const found = findings.find((finding) => finding.id === id)
    assert.equal(found?.component, component, findings.map((f) => f.id).join(' '))
    assert.ok(found!.advice.length > 0 && found!.pcr !== null)
  })

test('an edited grub.cfg that changes the command line is told as the command line first', () => {
  const evil = '/vmlinuz init=/bin/sh'
  const steps = withStep(of('kernel command line', 8), commandLine(evil))
  const at = steps.findIndex(of('grub.cfg', 8))
  steps.splice(at, 1, grub(`linuxefi ${evil}`), grub('true'))
  const { findings } = appraise(steps)
  assert.equal(findings[0]?.id, 'kernel-command-line.changed')
  assert.equal(findings[0]?.expected, '/vmlinuz quiet')
  assert.equal(findings[0]?.actual, evil)
})

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
  'another action in PCR 7': [
    'secure-boot.action',
    () => [...cleanBoot(), action(7, 'DMA Protection Disabled')],
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

test('without reference values a genuine boot is a warning, and only that is told', () => {
  const appraised = appraise(cleanBoot(), { references: null })
  assert.deepEqual(idsOf(appraised), ['reference-values.missing'])
  assert.equal(appraised.result.tier, 'warning')
})

test('a machine whose firmware volume nobody learnt is told, as badly as the policy says', () => {
  const input = evidenceOf(cleanBoot())
  const machine = { ...input.expectation.machine!, memoryMiB: 1024 }
  const other = { ...input, expectation: { ...input.expectation, machine } }
  const silent = { ...input, references: { ...input.references!, firmware: null } }
  const strict = { ...input.policy, rules: { ...input.policy.rules, 'firmware-learnt': 'low' } }
  for (const given of [other, silent]) {
    assert.deepEqual(idsOf(appraiseEvidence(given)), ['firmware.not-learnt'])
    assert.equal(appraiseEvidence(given).result.tier, 'affirming')
    const judged = appraiseEvidence({ ...given, policy: strict as typeof input.policy })
    assert.equal(judged.result.tier, 'warning')
  }
})

test('what was learnt of one firmware on two machines is kept together', () => {
  const { firmware } = referencesOf(cleanBoot())
  const more = { ...firmware!, learnt: [{ ...firmware!.learnt[0]!, vcpus: 2 }] }
  assert.deepEqual(
    mergeFirmware(firmware!, more).learnt.map(({ vcpus }) => vcpus),
    [1, 2],
  )
  assert.deepEqual(mergeFirmware(firmware!, firmware!), firmware)
  assert.throws(() => mergeFirmware(firmware!, { ...more, sha256: '22'.repeat(32) }), RangeError)
  const other = { ...more, dxefv: { sha256: '00'.repeat(32) } }
  assert.throws(() => mergeFirmware(firmware!, other), RangeError)
  assert.equal(knownFirmware('00'.repeat(32)), null)
})

test('reference values that lack a quoted bank affirm nothing', () => {
  const references: ReferenceValues = { ...referencesOf(cleanBoot()), banks: ['sha384'] }
  const appraised = appraise(cleanBoot(), { references })
  assert.deepEqual(idsOf(appraised), ['reference-values.bank'])
  assert.equal(appraised.result.tier, 'contraindicated')
})

test('a final value that differs though no event does is told', () => {
  const references = referencesOf(cleanBoot())
  const four = references.pcrs['4']!
  const pcrs = {
    ...references.pcrs,
    4: { ...four, values: { ...four.values, sha256: '00'.repeat(32) } },
  }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { references: { ...references, pcrs } })), [
    'boot-chain.changed',
  ])
})

test("a module the kernel's key signed is no finding; another is named, and a warning", () => {
  const good = { name: '/lib/modules/6.1/good.ko', sha256: signedModule }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [good] })), [])
  const bad = { name: '/root/evil.ko', sha256: digest('sha256', toUtf8('evil')) }
  const { result, findings } = appraise(cleanBoot(), { measured: [good, bad] })
  assert.equal(result.tier, 'warning')
  assert.deepEqual(
    findings.map(({ id, component, severity }) => [id, component, severity]),
    [['module.untrusted', 'kernel module evil', 'low']],
  )
  assert.equal(findings[0]!.actual, `sha256:${toHex(bad.sha256)}`)
})

test("a signed module's path does not make another file's digest trusted", () => {
  const forged = { name: '/lib/modules/6.1/good.ko', sha256: digest('sha256', toUtf8('evil')) }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [forged] })), ['module.untrusted'])
})

test('an IMA list that SHA-1 alone vouches for is told; one whole bank is enough', () => {
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [], padded: ['sha384'] })), [])
  const both = appraise(cleanBoot(), { measured: [], padded: ['sha256', 'sha384'] })
  assert.deepEqual(idsOf(both), ['ima.padded'])
  assert.equal(both.result.tier, 'warning')
})

test('a file that is no module is taken for another kernel', () => {
  const other = { name: '/boot/vmlinuz', sha256: digest('sha256', toUtf8('k')) }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [other] })), ['ima.unexpected-file'])
})

test('an IMA list of another boot is refused by its aggregate', () => {
  const appraised = appraise(cleanBoot(), { measured: [], aggregate: new Uint8Array(32) })
  assert.deepEqual(idsOf(appraised), ['ima.boot-aggregate'])
  assert.equal(appraised.result.tier, 'contraindicated')
})

test('an IMA list that does not give PCR 10 is refused, and so is none at all', () => {
  const other = evidenceOf(cleanBoot(), {
    measured: [{ name: '/x.ko', sha256: new Uint8Array(32) }],
  })
  const input = evidenceOf(cleanBoot(), { measured: [] })
  const swap = (imaLog: Uint8Array | null) =>
    idsOf(appraiseEvidence({ ...input, evidence: { ...input.evidence, imaLog } }))
  assert.deepEqual(swap(null), ['pcr.unexplained'])
  assert.deepEqual(swap(Uint8Array.of(1, 2, 3)), ['ima.malformed'])
  // Longer than quoted is what a running kernel gives: only what is quoted is judged.
  assert.deepEqual(swap(other.evidence.imaLog), [])
  const shorter = { ...other, evidence: { ...other.evidence, imaLog: input.evidence.imaLog } }
  assert.ok(idsOf(appraiseEvidence(shorter)).includes('ima.replay'))
})

test('a log of another boot, a missing log and an empty log affirm nothing', () => {
  const input = evidenceOf(cleanBoot())
  const other = evidenceOf([...cleanBoot(), grub('true')])
  const swap = (eventLog: Uint8Array | null) =>
    appraiseEvidence({ ...input, evidence: { ...input.evidence, eventLog } })
  for (const [log, id] of [
    [other.evidence.eventLog, 'eventlog.replay'],
    [null, 'eventlog.missing'],
    [new Uint8Array(), 'eventlog.missing'],
    [new Uint8Array(100), 'eventlog.malformed'],
  ] as const) {
    const appraised = swap(log)
    assert.ok(idsOf(appraised).includes(id), idsOf(appraised).join(' '))
    assert.equal(appraised.result.tier, 'contraindicated')
    assert.deepEqual(appraised.claims, {})
  }
})

test('what a guest extends after the boot without a log is unexplained', () => {
  const steps = cleanBoot()
  const input = evidenceOf([...steps, { ...file('x', 'x', '/x'), pcrIndex: 12 }])
  const appraised = appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, eventLog: evidenceOf(steps).evidence.eventLog },
  })
  assert.ok(idsOf(appraised).includes('pcr.unexplained'))
})

test('without evidence there is no verdict, and the reason is told', () => {
  const { evidence: _, ...input } = evidenceOf(cleanBoot())
  const idOf = (code: string) => {
    const { tier, findings, evidence } = concludeWithoutEvidence(input, code)
    assert.equal(tier, 'none')
    assert.equal(evidence, null)
    return findings.map(({ id }) => id)
  }
  assert.deepEqual(idOf('ak-unavailable'), ['attestation-key.unavailable'])
  assert.deepEqual(idOf('rollback-unavailable'), ['vtpm.index.missing'])
  assert.deepEqual(idOf('agent-silent'), ['agent.no-evidence'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import { VARIABLES } from '@trusted-launch/uefi'
import shipped from '../firmware/learnt.json' with { type: 'json' }
import { appraiseEvidence } from '../src/appraise.ts'
import type { MachineShape } from '../src/expectation.ts'
import {
  knownFirmware,
  learnFromEvidence,
  mergeFirmware,
  parseLearntFirmware,
  withLearnt,
} from '../src/learn-firmware.ts'
import { encodePolicy, TRUSTED_LAUNCH_POLICY } from '../src/policy.ts'
import { encodeReferenceValues } from '../src/reference-values.ts'
import { appraise, idsOf, isVariable, of, withStep } from './appraised.ts'
import {
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
  signer,
  variantOf,
} from './boot.ts'

const isVolume = (text: string) => (step: Step) =>
  step.pcrIndex === 0 &&
  toHex(step.digests.get('sha256')!) === toHex(digest('sha256', toUtf8(text)))

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
  'another second volume of the firmware': [
    'firmware.changed',
    'firmware',
    () => withStep(isVolume('DXEFV'), cleanBoot()[1]!),
  ],
}

test('with Secure Boot off each variable is held against itself, and what is missing is named', () => {
  const of7 = ({ pcrIndex, eventType }: Step) =>
    pcrIndex === 7 && eventType === EV.EFI_VARIABLE_AUTHORITY
  const level = authority(VARIABLES.SbatLevel, toUtf8('sbat,2\n'))
  const steps = cleanBoot().flatMap((step) => (of7(step) ? [] : [step]))
  const { findings } = appraise([...steps.slice(0, -2), level, ...steps.slice(-2)])
  const told = findings.filter(({ pcr, expected }) => pcr === 7 && expected !== null)
  assert.deepEqual(
    told.map(({ component, summary }) => [component, summary]),
    [
      ['shim', 'The variable SbatLevel is not the one expected.'],
      ['shim', 'The variable MokListRT was not measured.'],
      ['Secure Boot', 'The entry of db that lets the loader run was not measured.'],
    ],
  )
})

test('what is not measured because Secure Boot was switched off sends nobody to restore a file', () => {
  const isOfShim = ({ pcrIndex, eventType, component }: Step) =>
    (pcrIndex === 7 && eventType === EV.EFI_VARIABLE_AUTHORITY) ||
    (pcrIndex === 4 && component === 'kernel')
  const edited = (steps: Step[]) =>
    steps.with(steps.findIndex(of('initrd', 9)), file('initrd', 'x', '/x'))
  const without = cleanBoot().filter((step) => !isOfShim(step))
  const at = without.findIndex(isVariable('SecureBoot'))
  const off = edited(without.with(at, configured(VARIABLES.SecureBoot, Uint8Array.of(0))))
  const adviceOf = (steps: Step[], wanted: string) =>
    appraise(steps)
      .findings.filter(({ component }) => component === wanted)
      .map(({ advice }) => advice)
  const kernel = adviceOf(off, 'kernel')
  assert.ok(kernel.length > 0 && kernel.every((advice) => /^Switch Secure Boot on/.test(advice)))
  assert.match(adviceOf(off, 'shim')[0]!, /^Switch Secure Boot on/)
  assert.match(adviceOf(off, 'initrd')[0]!, /^Restore the file/, 'that one was changed too')
  const gone = cleanBoot().filter((step) => !(step.pcrIndex === 4 && step.component === 'kernel'))
  for (const advice of adviceOf(gone, 'kernel')) assert.match(advice, /^Restore the file/)
})

test("a changed GRUB command is told as text beside text, and a line more is no other command's change", () => {
  const command = grub('linuxefi /vmlinuz quiet audit=0')
  const { findings } = appraise(withStep(of('grub.cfg', 8), command))
  const [told] = findings.filter(({ pcr }) => pcr === 8)
  assert.equal(told!.summary, 'The GRUB command "linuxefi /vmlinuz quiet" is not the one expected.')
  assert.deepEqual(
    [told!.expected, told!.actual],
    ['linuxefi /vmlinuz quiet', 'linuxefi /vmlinuz quiet audit=0'],
  )
})

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

test('without reference values a genuine boot is a warning, and only that is told', () => {
  const appraised = appraise(cleanBoot(), { references: null })
  assert.deepEqual(idsOf(appraised), ['reference-values.missing'])
  assert.equal(appraised.result.tier, 'warning')
})

const lenient = {
  version: 2,
  id: 'lenient',
  rules: { 'secure-boot-on': 'info' },
  claims: [],
} as const
const harmless = {
  ...lenient,
  rules: { ...lenient.rules, 'firmware-learnt': 'info', 'reference-values-present': 'info' },
} as const
const strict = {
  ...lenient,
  rules: { ...lenient.rules, 'firmware-learnt': 'high', 'reference-values-present': 'medium' },
} as const

test('a machine whose firmware volume nobody learnt is a warning, by any policy; a policy may refuse it', () => {
  const input = evidenceOf(cleanBoot())
  const machine = (given: Partial<MachineShape>) => ({
    ...input,
    expectation: { ...input.expectation, machine: { ...input.expectation.machine!, ...given } },
  })
  for (const given of [
    machine({ memoryMiB: 1024 }),
    machine({ vcpus: 2 }),
    machine({ accelerator: 'kvm' }),
    machine({ firmwareSha256: '22'.repeat(32) }),
    { ...input, expectation: { ...input.expectation, machine: null } },
    { ...input, references: referencesOf(cleanBoot(), { firmware: null }) },
  ]) {
    assert.deepEqual(idsOf(appraiseEvidence(given)), ['firmware.not-learnt'])
    for (const policy of [input.policy, lenient, harmless])
      assert.equal(appraiseEvidence({ ...given, policy }).result.tier, 'warning')
    assert.equal(appraiseEvidence({ ...given, policy: strict }).result.tier, 'contraindicated')
  }
})

test('without reference values nothing is affirmed, by any policy', () => {
  const input = evidenceOf(cleanBoot(), { references: null })
  for (const policy of [input.policy, lenient, harmless, strict]) {
    const { findings, result } = appraiseEvidence({ ...input, policy })
    assert.deepEqual(
      findings.map(({ id, severity }) => [id, severity]),
      [['reference-values.missing', policy === strict ? 'medium' : 'low']],
    )
    assert.equal(result.tier, 'warning')
  }
})

test('a firmware is learnt from a boot that holds, and its own VM then is as learnt', () => {
  const input = evidenceOf(cleanBoot())
  const machine = { ...input.expectation.machine!, vcpus: 8 }
  const learnt = learnFromEvidence(input, machine)
  assert.deepEqual(learnt.learnt[0]?.vcpus, 8)
  const own = withLearnt([], learnt)
  const file = toUtf8(JSON.stringify(own))
  const firmware = knownFirmware(machine.firmwareSha256, parseLearntFirmware(file))
  const references = referencesOf(cleanBoot(), { firmware })
  const judged = { ...input, references, expectation: { ...input.expectation, machine } }
  assert.deepEqual(idsOf(appraiseEvidence(judged)), [])
  assert.deepEqual(withLearnt(own, learnt), own)
  const forged = { ...input, evidence: { ...input.evidence, eventLog: null } }
  assert.throws(() => learnFromEvidence(forged, machine), RangeError)
  const disguised = evidenceOf([...cleanBoot(), separator(0)])
  assert.throws(() => learnFromEvidence(disguised, machine), RangeError)
})

test('what was learnt of one firmware on two machines is kept together', () => {
  const { firmware } = variantOf(cleanBoot())
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

test('what was learnt and ships reads, nothing of it twice', () => {
  for (const { sha256, learnt } of shipped) {
    assert.deepEqual(knownFirmware(sha256)?.learnt, learnt)
    const told = learnt.map((one) => JSON.stringify(one))
    assert.deepEqual(told, [...new Set(told)])
    assert.ok(learnt.every(({ firmwareSha256 }) => firmwareSha256 === sha256))
  }
})

test('reference values that lack a quoted bank affirm nothing', () => {
  const references = referencesOf(cleanBoot(), { banks: ['sha384'] })
  const appraised = appraise(cleanBoot(), { references })
  assert.deepEqual(idsOf(appraised), ['reference-values.bank'])
  assert.equal(appraised.result.tier, 'contraindicated')
})

test('a final value that differs though no event does is told', () => {
  const variant = variantOf(cleanBoot())
  const four = variant.pcrs['4']!
  const pcrs = {
    ...variant.pcrs,
    4: { ...four, values: { ...four.values, sha256: '00'.repeat(32) } },
  }
  assert.deepEqual(
    idsOf(appraise(cleanBoot(), { references: referencesOf(cleanBoot(), { pcrs }) })),
    ['boot-chain.changed'],
  )
})

const named: Record<string, [steps: () => Step[], id: string, component: string]> = {
  'an authority more': [
    () => [...cleanBoot(), authority(VARIABLES.vendor_db, signer)],
    'secure-boot-variables.changed',
    'Secure Boot variables',
  ],
  'a machine owner key more': [
    () => [...cleanBoot(), { ...file('x', 'mok', '/mok'), pcrIndex: 14 }],
    'mok.changed',
    'machine owner keys',
  ],
  'a driver': [
    () => [...cleanBoot(), { ...image('x', 'rom'), pcrIndex: 2 }],
    'boot-chain.changed',
    'option ROM',
  ],
  'a file that GRUB read': [
    () => [...cleanBoot(), file('x', 'more', '/more')],
    'grub-configuration.changed',
    'grub.cfg',
  ],
  'another table of partitions': [
    () => [...cleanBoot(), { ...image('x', 'gpt'), pcrIndex: 5, eventType: EV.EFI_GPT_EVENT }],
    'partition-table.changed',
    'partition table',
  ],
  'an application': [
    () => [...cleanBoot(), image('x', 'more')],
    'boot-chain.changed',
    'boot manager',
  ],
}

for (const [title, [steps, id, component]] of Object.entries(named))
  test(`${title} that nothing foretold is named: ${component}`, () => {
    const { findings, result } = appraise(steps())
    const found = findings.find((finding) => finding.id === id)
    assert.equal(found?.component, component, idsOf({ findings } as never).join(' '))
    assert.match(found!.summary, /^Something more was measured/)
    assert.equal(found!.expected, null)
    assert.equal(result.tier, 'contraindicated')
  })

test('what was not measured is told as that, and what is another thing as that', () => {
  const summaries = (steps: Step[]) => appraise(steps).findings.map(({ summary }) => summary)
  assert.deepEqual(summaries(withStep(of('initrd', 9))), [
    'The initrd (/initrd.img) was not measured.',
  ])
  assert.deepEqual(summaries(withStep(of('initrd', 9), file('initrd', 'evil', '/initrd.img'))), [
    'The initrd (/initrd.img) is not the one expected.',
  ])
})

test('a result names what it was made of: policy, reference values, evidence and expectation', () => {
  const { result } = appraise(cleanBoot())
  const sha256 = (bytes: Uint8Array) => toHex(digest('sha256', bytes))
  const references = referencesOf(cleanBoot())
  assert.deepEqual(result.references, { sha256: sha256(encodeReferenceValues(references)) })
  assert.equal(result.policy.sha256, sha256(encodePolicy(TRUSTED_LAUNCH_POLICY)))
  assert.equal(appraise(cleanBoot(), { references: null }).result.references, null)
})

test('a boot unlike a long one that is expected is told in time, of however many variants', () => {
  const long = (text: string, count: number) => {
    const steps = Array.from({ length: count }, (_, i) => grub(`${text} ${i}`))
    return cleanBoot().toSpliced(-2, 0, ...steps)
  }
  const variant = variantOf(long('set', 300))
  const variants = Array.from({ length: 16 }, (_, i) => ({ ...variant, name: `${i}` }))
  const input = evidenceOf(long('echo', 3000), { references: { version: 2, variants } })
  const started = performance.now()
  assert.equal(appraiseEvidence(input).result.tier, 'contraindicated')
  const ms = performance.now() - started
  // 9 s when every one of 900,000 pairs was looked at for each variant
  assert.ok(ms < 3000, `${ms} ms`)
})

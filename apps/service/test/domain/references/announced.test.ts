import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BootChange, checkReferenceValues, learnChange } from '@trusted-launch/attestation'
import {
  cleanBoot,
  commandLine,
  evidenceOf,
  file,
  grub,
  variantOf,
} from '@trusted-launch/attestation/boot'
import {
  type AnnouncedDigests,
  checkDigests,
  covers,
} from '../../../src/domain/references/announced.ts'

const clean = variantOf(cleanBoot())
/** As of a configuration that cannot be followed. */
const unordered = {
  ...clean,
  pcrs: {
    ...clean.pcrs,
    8: { events: clean.pcrs['8']!.events, values: null },
    9: { events: clean.pcrs['9']!.events, values: null },
  },
}

/** A boot with another initrd, and another command line. */
function boot(initrd: string, line: string, variant: typeof clean = clean): BootChange {
  const steps = cleanBoot().map((step) => {
    if (step.description === 'linuxefi /vmlinuz quiet') return grub(`linuxefi /vmlinuz ${line}`)
    if (step.description === '/vmlinuz quiet') return commandLine(`/vmlinuz ${line}`)
    return step.component === 'initrd' ? file('initrd', initrd, '/initrd.img') : step
  })
  const references = checkReferenceValues({ version: 2, variants: [variant] })
  return learnChange(evidenceOf(steps, { references }), 'x')!
}

/** What differs as it is told, as somebody announces it. */
function told({ differences }: BootChange): AnnouncedDigests {
  const measured = differences.flatMap(({ component, pcr, after }) =>
    after === null || pcr === 10 ? [] : [{ component, value: after }],
  )
  return checkDigests({ measured, modules: [] })
}

for (const [how, variant] of [
  ['in their order', clean],
  ['in any order', unordered],
] as const)
  test(`of what is expected ${how} an announcement covers exactly what it names`, () => {
    const digests = told(boot('new', 'quiet splash', variant))
    assert.ok(covers(digests, boot('new', 'quiet splash', variant)))
    assert.ok(!covers(digests, boot('evil', 'quiet splash', variant)))
    assert.ok(!covers(digests, boot('new', 'init=/bin/sh', variant)))
    assert.ok(!covers({ measured: [], modules: [] }, boot('new', 'quiet splash', variant)))
  })

test('a text is announced as it is measured, not as it is shown', () => {
  const [one, other] = [boot('new', 'a=Gr\u00fcn'), boot('new', 'a=Gr\u00e9n')]
  const { measured } = told(one)
  const texts = ['linuxefi /vmlinuz a=Gr\u00fcn', '/vmlinuz a=Gr\u00fcn']
  const exact = measured.map((each, i) => ({ ...each, value: texts[i] ?? each.value }))
  assert.ok(covers({ measured: exact, modules: [] }, one))
  assert.ok(!covers({ measured: exact, modules: [] }, other))
  assert.ok(!covers({ measured, modules: [] }, one), 'what is shown of it')
  const digests = one.differences.map(({ component, digest }) => ({ component, value: digest! }))
  assert.ok(covers({ measured: digests.filter(({ value }) => value), modules: [] }, one))
})

test('how a register is compared is announced by nobody, and nothing that it says covers a boot', () => {
  const measured = [{ component: 'reference values', value: 'event by event' }]
  assert.throws(() => checkDigests({ measured, modules: [] }), { name: 'MalformedError' })
  const change = boot('evil', 'init=/bin/sh', unordered)
  assert.ok(!covers({ measured, modules: [] }, change))
  const one = { component: 'reference values', pcr: 8, change: 'changed' } as const
  const texts = { before: 'event by event, in any order', after: 'event by event', summary: '' }
  const differences = [{ ...one, ...texts, digest: null, signer: null }]
  assert.ok(!covers({ measured, modules: [] }, { ...change, differences }))
})

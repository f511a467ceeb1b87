import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest } from '@trusted-launch/crypto'
import { COMPONENT } from '../src/component.ts'
import { diffReferences } from '../src/diff-references.ts'
import { learnChange } from '../src/learn-change.ts'
import { matchesPattern } from '../src/reference-pattern.ts'
import { checkReferenceValues } from '../src/reference-values.ts'
import type { ReferenceEvent, ReferenceVariant } from '../src/reference-variant.ts'
import { appraise, idsOf, of, withStep } from './appraised.ts'
import { cleanBoot, commandLine, evidenceOf, file, grub, type Step, variantOf } from './boot.ts'

/** `$a` as a pattern has it. */
const withVariables = (text: string) => text.replace(/\$(\w+)/g, (_, name) => `\${${name}}`)
const pattern = (text: string): ReferenceEvent => ({
  ...{ component: COMPONENT.grubConfiguration, description: withVariables(text) },
  ...{ path: null, digests: {} },
})
/** Of what may be measured more than a clean boot measures. */
const more = [file(COMPONENT.grubConfiguration, 'font', '/unicode.pf2'), grub('set a=b')]

/** The clean boot, of a configuration that cannot be followed. */
function unordered(...patterns: string[]): ReferenceVariant {
  const variant = variantOf([...cleanBoot(), ...more])
  const events = (pcr: string) => variant.pcrs[pcr]!.events!
  return {
    ...variant,
    pcrs: {
      ...variant.pcrs,
      8: { events: [...events('8'), ...patterns.map(pattern)], values: null },
      9: { events: events('9'), values: null },
    },
  }
}
const held = (steps: readonly Step[], variant = unordered('set root=$device', 'echo $a $b')) =>
  appraise(steps, { references: checkReferenceValues({ version: 2, variants: [variant] }) })

/** Steps put where GRUB runs. */
function within(...steps: Step[]): Step[] {
  const boot = cleanBoot()
  const at = boot.findIndex(of('grub.cfg', 8))
  return [...boot.slice(0, at), ...steps, ...boot.slice(at)]
}

test('commands and files of the configuration are taken in any order, however often, or not at all', () => {
  const [font, command] = more as [Step, Step]
  for (const steps of [
    cleanBoot(),
    within(command, command, font),
    within(font, grub('set root=hd0,gpt2'), command, font),
    within(grub('echo'), grub('echo a b c')),
  ]) {
    const { result, findings } = held(steps)
    assert.deepEqual([result.tier, findings], ['affirming', []])
  }
})

const faults: Record<string, [steps: () => Step[], id: string, component: string]> = {
  'a command that is none of the configuration’s': [
    () => within(grub('set superusers=')),
    'grub-configuration.changed',
    'grub.cfg',
  ],
  'a command that only begins as one': [
    () => within(grub('setroot=hd0')),
    'grub-configuration.changed',
    'grub.cfg',
  ],
  'a file that the image has not': [
    () => within(file(COMPONENT.grubConfiguration, 'evil', '/custom.cfg')),
    'grub-configuration.changed',
    'grub.cfg',
  ],
  'another initrd': [
    () => withStep(of('initrd', 9), file('initrd', 'evil', '/initrd.img')),
    'initrd.changed',
    'initrd',
  ],
  'no initrd': [() => withStep(of('initrd', 9)), 'initrd.changed', 'initrd'],
  'another command line': [
    () => withStep(of('kernel command line', 8), commandLine('/vmlinuz init=/bin/sh')),
    'kernel-command-line.changed',
    'kernel command line',
  ],
  'no command line': [
    () => withStep(of('kernel command line', 8)),
    'kernel-command-line.changed',
    'kernel command line',
  ],
  'the command line twice': [
    () => within(commandLine('/vmlinuz quiet')),
    'kernel-command-line.changed',
    'kernel command line',
  ],
  'a second command line': [
    () => within(commandLine('/vmlinuz init=/bin/sh')),
    'kernel-command-line.changed',
    'kernel command line',
  ],
  'a command line that is logged as a command': [
    () => withStep(of('kernel command line', 8), grub('/vmlinuz quiet')),
    'kernel-command-line.disguised',
    'kernel command line',
  ],
  'a command that is logged as a command line': [
    () => within(commandLine('set a=b')),
    'kernel-command-line.disguised',
    'kernel command line',
  ],
}

for (const [what, [steps, id, component]] of Object.entries(faults))
  test(`${what} is found`, () => {
    const { result, findings } = held(steps())
    assert.equal(result.tier, 'contraindicated')
    const found = findings.filter(({ pcr }) => pcr === 8 || pcr === 9)
    assert.ok(
      found.some((one) => one.id === id && one.component === component),
      JSON.stringify(found),
    )
  })

test('what only one bank holds is found by the other', () => {
  for (const [text, variant] of [
    ['set root=hd0,gpt2', unordered('set root=$device')],
    ['set a=b', unordered()],
  ] as const) {
    const honest = grub(text)
    const digests = new Map(honest.digests).set('sha256', digest('sha256', Buffer.from('evil')))
    const { result, findings } = held(within({ ...honest, digests }), variant)
    assert.equal(result.tier, 'contraindicated')
    const told = findings.find(({ id }) => id === 'grub-configuration.changed')
    assert.match(told!.summary, /PCR 8 \(sha256\)/)
  }
})

test('a drift from it is learnt as it was measured, and differs from it in how it is compared', () => {
  const before = unordered('set root=$device')
  const steps = within(grub('set root=hd0,gpt2'), grub('set superusers='))
  const references = checkReferenceValues({ version: 2, variants: [before] })
  const { variant: after } = learnChange(evidenceOf(steps, { references }), 'drift')!
  const { values, events } = after.pcrs['8']!
  assert.notEqual(values, null)
  assert.equal(events![0]!.description, 'set root=hd0,gpt2')
  const approval = { by: 'a', at: '2026-11-29T12:00:00Z', why: 'b' }
  assert.equal(held(steps, { ...after, approval }).result.tier, 'affirming')
  const of = (variant: ReferenceVariant) => ({ version: 2, variants: [variant] }) as const
  assert.ok(
    diffReferences(of(before), of(after)).some(
      (one) => one.before === 'event by event, in any order' && one.after === 'event by event',
    ),
  )
  assert.deepEqual(diffReferences(of(before), of(before)), [])
})

test('of a drift from it each thing that was not expected is told, beside what is missing for it', () => {
  const references = checkReferenceValues({ version: 2, variants: [unordered('set root=$device')] })
  const steps = within(grub('set root=hd0,gpt2'), grub('set superusers=')).map((step) => {
    if (step.description === 'linuxefi /vmlinuz quiet') return grub('linuxefi /vmlinuz evil')
    if (step.description === '/vmlinuz quiet') return commandLine('/vmlinuz evil')
    return of('initrd', 9)(step) ? file('initrd', 'evil', '/initrd.img') : step
  })
  const { differences, variant } = learnChange(evidenceOf(steps, { references }), 'drift')!
  const initrd = variant.pcrs['9']!.events!.find(({ component }) => component === 'initrd')!
  const former = unordered().pcrs['9']!.events!.find(({ component }) => component === 'initrd')!
  const bank = 'sha384'
  assert.deepEqual(
    differences.map(({ component, pcr, change, before, after }) =>
      [component, pcr, change, before, after].join(),
    ),
    [
      'grub.cfg,8,added,,set superusers=',
      'grub.cfg,8,added,,linuxefi /vmlinuz evil',
      'kernel command line,8,changed,/vmlinuz quiet,/vmlinuz evil',
      `initrd,9,changed,${former.digests[bank]},${initrd.digests[bank]}`,
      'kernel,10,changed,1,0',
    ],
  )
  assert.ok(differences.every(({ pcr, digest }) => pcr === 10 || digest !== null))
})

test('no register but GRUB’s is without order, and no command is left to a variable', () => {
  const good = unordered('set root=$device')
  const refused = (pcr: string, change: object) => {
    const pcrs = { ...good.pcrs, [pcr]: { ...good.pcrs[pcr], ...change } }
    assert.throws(() => checkReferenceValues({ version: 2, variants: [{ ...good, pcrs }] }), {
      name: 'MalformedError',
    })
  }
  refused('4', { values: null })
  refused('8', { events: null })
  refused('8', {
    events: good.pcrs['8']!.events!.filter(({ component }) => component === 'grub.cfg'),
  })
  refused('8', { events: [...good.pcrs['8']!.events!, pattern('$command x')] })
  refused('8', { events: [...good.pcrs['8']!.events!, pattern('a$command x')] })
  refused('9', { events: [...good.pcrs['9']!.events!, pattern('set a=$b')] })
  refused('7', { events: [pattern('set a=$b')] })
  assert.ok(idsOf(held(cleanBoot(), good)).length === 0)
})

test('a pattern takes what stands where its variables do, and no more', () => {
  for (const [pattern, text, is] of [
    ['set a=$b', 'set a=', true],
    ['set a=$b', 'set a=x y', true],
    ['set a=$b', 'set b=x', false],
    ['linux $k ro', 'linux ro', true],
    ['linux $k ro', 'linux /k ro', true],
    ['linux $k ro', 'linuxx /k ro', false],
    ['linux $k ro', 'linux /k ro init=/bin/sh', false],
    ['[ $a = x$b- ]', '[  = x- ]', true],
    ['[ $a = x$b- ]', '[ 1 = xz- ]', true],
    ['[ $a = x$b- ]', '[ 1 = xz ]', false],
    ['echo', 'echo', true],
    ['echo', 'echo x', false],
    ['$a', '', true],
  ] as const)
    assert.equal(matchesPattern(withVariables(pattern), text), is, `${pattern}: ${text}`)
})

test('a pattern takes no longer than its text', () => {
  const many = `echo${' $a.x'.repeat(2_000)}`
  const before = performance.now()
  assert.equal(matchesPattern(withVariables(many), `echo${' .x'.repeat(4_000)}y`), false)
  assert.ok(performance.now() - before < 1_000)
})

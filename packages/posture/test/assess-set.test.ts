import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assess } from '../src/assess.ts'
import { assessSet } from '../src/assess-set.ts'
import type { Exemption } from '../src/exemption.ts'
import type { MachineFacts } from '../src/machine.ts'
import type { RecommendationId } from '../src/recommendations.ts'
import { secureScoreOf } from '../src/secure-score.ts'
import { claiming, facts, good, hour, standard, start, trusted, verdict } from './facts.ts'

const set =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/web'
const model = (changes: Partial<MachineFacts> = {}) =>
  facts({ id: set, kind: 'scale-set', last: null, answered: null, ...changes })

/** What is recommended of a set whose instances are so, numbered from 0. */
const assessed = (
  instances: readonly Partial<MachineFacts>[],
  changes: Partial<MachineFacts> = {},
) =>
  assessSet(
    model(changes),
    instances.map((one, i) =>
      assess(facts({ id: `${set}/virtualMachines/${i}`, ...one }), [], start),
    ),
    [],
    start,
  )

const told = (...ids: string[]) => ({ last: { result: verdict(...ids), time: start } })
const healthy = {}
const failed = told('kernel.changed')
const never = { last: null, answered: null }
const off = { isRunning: false }

/** What the instances come to: `Healthy`, or code, cause and the instances that it is unhealthy for. */
const table: readonly (readonly [
  title: string,
  id: RecommendationId,
  instances: readonly Partial<MachineFacts>[],
  answer: string,
])[] = [
  ['all affirm', 'guest-attestation-status', [healthy, healthy], 'Healthy'],
  ['none', 'guest-attestation-status', [], 'NotApplicable no-instances'],
  [
    'one fails',
    'guest-attestation-status',
    [healthy, failed, healthy],
    'Unhealthy contraindicated 1',
  ],
  [
    'two fail',
    'guest-attestation-status',
    [failed, never, failed],
    'Unhealthy contraindicated 0,2',
  ],
  [
    'one never attested',
    'guest-attestation-status',
    [healthy, never],
    'NotApplicable never-attested',
  ],
  [
    'no extension in any',
    'guest-attestation-status',
    [{ setup: { ...trusted, hasExtension: false } }],
    'NotApplicable no-extension',
  ],
  [
    'not brought to the model yet',
    'guest-attestation-status',
    [healthy, { setup: standard }],
    'Healthy',
  ],
  [
    'a foreign authority',
    'signed-boot-components',
    [healthy, told('grub.changed')],
    'Unhealthy untrusted-component 1',
  ],
  ['all are known', 'signed-boot-components', [healthy], 'Healthy'],
  [
    'no evidence of one',
    'signed-boot-components',
    [healthy, { last: { result: claiming(good, { 'secure-boot': null }), time: start } }],
    'NotApplicable no-evidence',
  ],
  [
    'shim verifies nothing',
    'module-signatures',
    [told('mok.validation-off')],
    'Unhealthy not-enforced 0',
  ],
  ['old certificates', 'certificate-rollover', [healthy], 'Unhealthy certificates-missing 0'],
  [
    'some are missing',
    'revocations',
    [healthy, { revocationsMissing: 3 }],
    'Unhealthy revocations-missing 1',
  ],
  [
    'nobody compared one',
    'revocations',
    [healthy, { revocationsMissing: null }],
    'NotApplicable not-compared',
  ],
  ['a weak certificate', 'weak-keys', [told('secure-boot.weak'), healthy], 'Unhealthy weak-key 0'],
  [
    'audit mode',
    'debug-settings',
    [healthy, told('secure-boot.audit-mode')],
    'Unhealthy debug-mode 1',
  ],
  [
    'a change waits',
    'reference-values-approval',
    [healthy, { pendingApprovals: 2 }],
    'Unhealthy waiting 1',
  ],
  [
    'one is stale',
    'stale-evidence',
    [healthy, { answered: start - 3 * hour }],
    'Unhealthy stale 1',
  ],
  ['one does not run', 'stale-evidence', [healthy, off], 'Healthy'],
  ['none runs', 'stale-evidence', [off, off], 'NotApplicable not-running'],
]

for (const [title, id, instances, answer] of table)
  test(`of a set, ${id} is what its instances come to: ${title}`, () => {
    const { status, instances: failing, fix } = assessed(instances).find((one) => one.id === id)!
    const names = failing.map((one) => one.split('/').at(-1)).join()
    const cause = status.code === 'Healthy' ? '' : ` ${status.cause}`
    assert.equal(`${status.code}${cause}${names && ` ${names}`}`, answer)
    assert.equal(fix?.kind, status.code === 'Unhealthy' ? 'none' : undefined)
  })

test('a set is judged by its model where its instances’ boots show nothing of it', () => {
  const of = (setup: MachineFacts['setup']) =>
    Object.fromEntries(assessed([failed], { setup }).map((one) => [one.id, one]))
  const { 'trusted-launch': enabled, 'guest-attestation-extension.linux-scale-set': extension } =
    of({ ...trusted, hasExtension: false })
  assert.deepEqual([enabled!.status.code, enabled!.instances], ['Healthy', []])
  assert.deepEqual([extension!.status.code, extension!.instances], ['Unhealthy', []])
  assert.equal(extension!.fix!.kind, 'install-extension')
  assert.equal(of(standard)['trusted-launch']!.fix!.kind, 'change-security')
})

test('each recommendation is made of a set once, in the table’s order, and none about VMs alone', () => {
  const ids = assessed([healthy, failed]).map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  assert.ok(!ids.includes('vtpm') && !ids.includes('guest-attestation-extension.linux-vm'))
  assert.deepEqual(ids.slice(0, 3), [
    'trusted-launch',
    'guest-attestation-extension.linux-scale-set',
    'guest-attestation-status',
  ])
})

test('of many that fail eight are named in words, and all of them by id', () => {
  const one = assessed(Array.from({ length: 12 }, () => failed)).find(
    ({ id }) => id === 'guest-attestation-status',
  )!
  assert.equal(one.instances.length, 12)
  assert.ok(one.status.code === 'Unhealthy')
  assert.match(
    one.status.description,
    /^12 of 12 instances \(0, 1, .*7, and 4 more\): kernel\.changed\./,
  )
})

test('an exemption at a set takes it out of the score, and a set counts once, however many fail', () => {
  const exemption: Exemption = {
    ...{ recommendation: 'guest-attestation-status', scope: set, category: 'waived' },
    ...{ reason: 'is replaced', by: 'an operator', expires: null },
  }
  const answers = [0, 1].map((i) =>
    assess(facts({ id: `${set}/virtualMachines/${i}`, ...failed }), [], start),
  )
  const [all, exempt] = [[], [exemption]].map((some) =>
    secureScoreOf(assessSet(model(), answers, some, start)),
  )
  assert.deepEqual([all!.exempt, exempt!.exempt, all!.max - exempt!.max], [0, 1, 3])
})

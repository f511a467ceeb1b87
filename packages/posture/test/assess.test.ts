import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError } from '@trusted-launch/codec'
import { assess, type Recommendation } from '../src/assess.ts'
import { checkExemption, type Exemption, exemptionOf } from '../src/exemption.ts'
import { RECOMMENDATIONS } from '../src/recommendations.ts'
import { scoresByRecommendation, secureScoreOf } from '../src/secure-score.ts'
import { facts, hour, standard, start, trusted, verdict, vm } from './facts.ts'

const idsOf = (some: readonly Recommendation[]) => some.map(({ id }) => id)
const exemption: Exemption = {
  recommendation: 'secure-boot.linux',
  scope: '/subscriptions/S/resourceGroups/g',
  category: 'waived',
  reason: 'GRID drivers are not signed.',
  by: 'an operator',
  expires: start + hour,
}

test('each recommendation is made of the machines that it is about, and of each machine once', () => {
  const made = [
    facts(),
    facts({ os: 'Windows' }),
    facts({ kind: 'scale-set' }),
    facts({ os: 'Windows', kind: 'scale-set' }),
  ].map((one) => idsOf(assess(one, [], start)))
  assert.ok(made[0]!.includes('secure-boot.linux') && !made[0]!.includes('secure-boot.windows'))
  assert.ok(made[1]!.includes('secure-boot.windows') && !made[1]!.includes('module-signatures'))
  assert.deepEqual(made[2], ['trusted-launch', 'guest-attestation-extension.linux-scale-set'])
  assert.deepEqual(made[3], ['trusted-launch', 'guest-attestation-extension.windows-scale-set'])
  for (const ids of made) assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(new Set(made.flat()), new Set(Object.keys(RECOMMENDATIONS)))
})

test('a VM with all on is healthy but for its template of 2011, and only what is unhealthy has a fix', () => {
  const all = assess(facts(), [], start)
  const notHealthy = all.filter(({ status }) => status.code !== 'Healthy')
  assert.deepEqual(
    notHealthy.map(({ id, status }) => [id, status.code === 'Healthy' ? '' : status.cause]),
    [['certificate-rollover', 'certificates-missing']],
  )
  for (const { status, fix } of all) assert.equal(fix !== null, status.code === 'Unhealthy')
  const off = assess(facts({ setup: standard }), [], start)
  for (const { status, fix } of off) assert.equal(fix !== null, status.code === 'Unhealthy')
})

test('Azure gives attestation as medium, and Secure Boot, vTPM and extension as low', () => {
  const severities = Object.fromEntries(
    assess(facts(), [], start).map(({ id, severity }) => [id, severity]),
  )
  assert.equal(severities['guest-attestation-status'], 'medium')
  for (const id of ['secure-boot.linux', 'vtpm', 'guest-attestation-extension.linux-vm'])
    assert.equal(severities[id], 'low')
})

test('an exemption counts below its scope, in any case of letters, until it runs out', () => {
  const of = (id: string, now = start, one = exemption) =>
    exemptionOf([one], 'secure-boot.linux', id, now)
  assert.equal(of(vm), exemption)
  assert.equal(of(vm.toUpperCase()), exemption)
  assert.equal(of('/subscriptions/s/resourceGroups/g'), exemption)
  assert.equal(of('/subscriptions/s/resourceGroups/g2/providers/x'), null)
  assert.equal(of(vm, start + hour - 1), exemption)
  assert.equal(of(vm, start + hour), null)
  assert.ok(of(vm, start + 10 * hour, { ...exemption, expires: null }))
  assert.equal(exemptionOf([exemption], 'vtpm', vm, start), null)
})

test('an exemption is of a recommendation there is, by somebody, for a reason', () => {
  assert.deepEqual(checkExemption({ ...exemption }), exemption)
  for (const wrong of [
    { recommendation: 'secure-boot.linus' },
    { reason: ' ' },
    { by: '' },
    { scope: '/' },
    { expires: -1 },
    { category: 'ignored' },
    { more: 1 },
  ])
    assert.throws(() => checkExemption({ ...exemption, ...wrong }), MalformedError)
  assert.throws(() => checkExemption({ ...exemption, recommendation: 'secure-boot.linus' }), {
    message: /did you mean "secure-boot\.linux"/,
  })
})

test('an exemption leaves the status as it is: it makes nothing healthy', () => {
  const off = facts({ setup: { ...trusted, secureBootEnabled: false } })
  const all = assess(off, [exemption], start)
  const one = all.find(({ id }) => id === 'secure-boot.linux')!
  assert.deepEqual([one.status.code, one.exemption], ['Unhealthy', exemption])
})

test('the score is the weight of what is healthy in what counts', () => {
  const failed = facts({
    setup: { ...trusted, secureBootEnabled: false },
    last: { result: verdict('kernel.changed', 'quote.sha1'), time: start },
  })
  const all = assess(failed, [], start)
  const { healthy, unhealthy, notApplicable, exempt, current, max, part } = secureScoreOf(all)
  assert.deepEqual([healthy + unhealthy + notApplicable, exempt], [all.length, 0])
  const weighed = { low: 1, medium: 3, high: 10 }
  const weightOf = (code: string) =>
    all
      .filter(({ status }) => status.code === code)
      .reduce((sum, { severity }) => sum + weighed[severity], 0)
  assert.deepEqual(
    [current, max],
    [weightOf('Healthy'), weightOf('Healthy') + weightOf('Unhealthy')],
  )
  assert.equal(part, current / max)
  const exempted = secureScoreOf(assess(failed, [exemption], start))
  assert.deepEqual([exempted.exempt, exempted.max, exempted.current], [1, max - 1, current])
})

test('where nothing counts there is no score', () => {
  assert.equal(secureScoreOf([]).part, null)
  const unsupported = { cause: 'generation-1', description: '' } as const
  const none = assess(facts({ setup: standard, unsupported, revocationsMissing: null }), [], start)
  assert.equal(secureScoreOf(none).part, null)
})

test('the score of each recommendation is over the machines that it is about', () => {
  const machines = [facts(), facts({ id: `${vm}2`, setup: { ...trusted, vTpmEnabled: false } })]
  const scores = scoresByRecommendation(machines.flatMap((one) => assess(one, [], start)))
  assert.equal(scores.get('vtpm')!.part, 0.5)
  assert.equal(scores.get('secure-boot.linux')!.part, 1)
})

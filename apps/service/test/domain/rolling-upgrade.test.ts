import assert from 'node:assert/strict'
import test from 'node:test'
import { type RollingPolicy, rollingPolicyOf } from '../../src/domain/scale-set/rolling-policy.ts'
import { breachOf, nextBatch, progressOf } from '../../src/domain/scale-set/rolling-upgrade.ts'

const policyOf = (rollingUpgradePolicy: object): RollingPolicy =>
  rollingPolicyOf({ properties: { upgradePolicy: { rollingUpgradePolicy } } } as any)
const set: any = { properties: {}, state: { model: 2 } }

interface Made {
  readonly model?: number
  readonly state?: string
  readonly failed?: boolean
  readonly kept?: boolean
}

function instance(
  number: number,
  { model = 1, state = 'Succeeded', failed = false, kept }: Made = {},
): any {
  return {
    id: `/i/${number}`,
    properties: kept === true ? { protectionPolicy: { protectFromScaleSetActions: true } } : {},
    ...{ provisioningState: state, envelope: {} },
    state: {
      ...{ power: 'running', failure: failed ? { code: 'x', message: '', component: null } : null },
      scaleSet: { id: '/s', model, number, faultDomain: 0 },
    },
  }
}

const times = (count: number, made?: Made) =>
  Array.from({ length: count }, (_, i) => instance(i, made))
const numbers = (rows: readonly any[]) => rows.map(({ state }) => state.scaleSet.number)
const progress = (...instances: any[]) => progressOf(set, instances)

test('a policy has Azure’s defaults, and says of what it does not take which member it is', () => {
  assert.deepEqual(policyOf({}), {
    ...{ maxBatchInstancePercent: 20, maxUnhealthyInstancePercent: 20 },
    ...{ maxUnhealthyUpgradedInstancePercent: 20, pauseMs: 0 },
    ...{ prioritizeUnhealthyInstances: false, maxSurge: false, enableCrossZoneUpgrade: false },
    rollbackFailedInstancesOnPolicyBreach: false,
  })
  assert.equal(policyOf({ pauseTimeBetweenBatches: 'PT1H2M3S' }).pauseMs, 3_723_000)
  for (const [name, value] of [
    ['maxBatchInstancePercent', 4],
    ['maxBatchInstancePercent', 101],
    ['maxUnhealthyInstancePercent', 4],
    ['maxUnhealthyUpgradedInstancePercent', -1],
    ['pauseTimeBetweenBatches', 'PT3H'],
    ['pauseTimeBetweenBatches', '5 minutes'],
  ] as const)
    assert.throws(
      () => policyOf({ [name]: value }),
      ({ fault }: any) => fault.target === `rollingUpgradePolicy.${name}`,
      `${name} ${value}`,
    )
})

test('a batch is the policy’s part of all instances, and one at least', () => {
  const sizeOf = (count: number, maxBatchInstancePercent: number) =>
    nextBatch(policyOf({ maxBatchInstancePercent }), progress(...times(count))).length
  assert.deepEqual([sizeOf(10, 20), sizeOf(10, 100), sizeOf(3, 20), sizeOf(19, 10)], [2, 10, 1, 1])
  const half = [...times(5), ...times(5, { model: 2 })]
  assert.equal(nextBatch(policyOf({}), progress(...half)).length, 2)
})

test('a batch is of one zone, unless the policy lets it be of several', () => {
  const zones = ['2', '1', '2', '1', '3']
  const all = zones.map((zone, i) => ({ ...instance(i), envelope: { zones: [zone] } }))
  const batch = (enableCrossZoneUpgrade: boolean) =>
    numbers(
      nextBatch(
        policyOf({ enableCrossZoneUpgrade, maxBatchInstancePercent: 100 }),
        progress(...all),
      ),
    )
  assert.deepEqual(batch(false), [1, 3])
  assert.deepEqual(batch(true), [0, 1, 2, 3, 4])
})

test('unhealthy instances are upgraded last, or first where the policy says so; protected ones never', () => {
  const all = [
    instance(0, { failed: true }),
    instance(1),
    instance(2, { kept: true }),
    instance(3, { state: 'Failed' }),
    instance(4),
  ]
  const order = (prioritizeUnhealthyInstances: boolean) =>
    numbers(
      nextBatch(
        policyOf({ prioritizeUnhealthyInstances, maxBatchInstancePercent: 100 }),
        progress(...all),
      ),
    )
  assert.deepEqual(order(false), [1, 4, 0, 3])
  assert.deepEqual(order(true), [0, 3, 1, 4])
})

test('an upgrade ends when more of the upgraded, or of all, are unhealthy than may be', () => {
  const policy = policyOf({
    ...{ maxUnhealthyUpgradedInstancePercent: 50, maxUnhealthyInstancePercent: 30 },
  })
  const upgraded = (count: number, failed: number) =>
    Array.from({ length: count }, (_, i) => instance(i, { model: 2, failed: i < failed }))
  assert.equal(breachOf(policy, progress(...upgraded(2, 1), ...times(8))), null)
  assert.match(breachOf(policy, progress(...upgraded(3, 2), ...times(8)))!, /^2 of 3 upgraded/)
  const old = times(4, { failed: true })
  assert.match(breachOf(policy, progress(...upgraded(6, 0), ...old))!, /^4 of 10 instances/)
})

test('an instance that is on its way to the model is neither done nor failed, and one that goes is none', () => {
  const { done, failed, running, pending } = progress(
    instance(0, { model: 2, state: 'Updating' }),
    instance(1, { model: 2 }),
    instance(2, { model: 2, failed: true }),
    instance(3),
    instance(4, { state: 'Deleting' }),
  )
  assert.deepEqual([done, failed, running, pending].map(numbers), [[1], [2], [0], [3]])
})

import { ArmError, faults } from '@trusted-launch/api'
import { at, textAt } from '../vm/vm.ts'
import type { ScaleSet } from './scale-set.ts'

/** How a set's instances are brought to its model, one batch after another. */
export interface RollingPolicy {
  readonly maxBatchInstancePercent: number
  readonly maxUnhealthyInstancePercent: number
  readonly maxUnhealthyUpgradedInstancePercent: number
  readonly pauseMs: number
  /** Unhealthy instances are upgraded before all others; else after them. */
  readonly prioritizeUnhealthyInstances: boolean
  /** A batch is made anew beside those that it takes the place of, and these go when it is well. */
  readonly maxSurge: boolean
  /** A batch may be of several zones. */
  readonly enableCrossZoneUpgrade: boolean
  /** Instances that are not well are put back to what they were when the upgrade ends for that. */
  readonly rollbackFailedInstancesOnPolicyBreach: boolean
}

/** ISO 8601, as far as clients write it: hours, minutes and seconds. */
const DURATION = /^PT(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,6})S)?$/
/** What each may be, and what it is by itself: Azure's. */
const PERCENTS = {
  maxBatchInstancePercent: [5, 20],
  maxUnhealthyInstancePercent: [5, 20],
  maxUnhealthyUpgradedInstancePercent: [0, 20],
} as const
const PAUSE_MAX_MS = 7_200_000

/** With Azure's defaults. @throws {ArmError} `InvalidParameter` */
export function rollingPolicyOf({ properties }: Pick<ScaleSet, 'properties'>): RollingPolicy {
  const policy = at(properties, 'upgradePolicy', 'rollingUpgradePolicy')
  const percent = (name: keyof typeof PERCENTS): number => {
    const [least, byItself] = PERCENTS[name]
    const value = at(policy, name) ?? byItself
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= 100)
      return Number(value)
    throw new ArmError(faults.invalidParameter(`rollingUpgradePolicy.${name}`))
  }
  return {
    maxBatchInstancePercent: percent('maxBatchInstancePercent'),
    maxUnhealthyInstancePercent: percent('maxUnhealthyInstancePercent'),
    maxUnhealthyUpgradedInstancePercent: percent('maxUnhealthyUpgradedInstancePercent'),
    prioritizeUnhealthyInstances: at(policy, 'prioritizeUnhealthyInstances') === true,
    maxSurge: at(policy, 'maxSurge') === true,
    enableCrossZoneUpgrade: at(policy, 'enableCrossZoneUpgrade') === true,
    rollbackFailedInstancesOnPolicyBreach:
      at(policy, 'rollbackFailedInstancesOnPolicyBreach') === true,
    pauseMs: pauseOf(textAt(policy, 'pauseTimeBetweenBatches') ?? 'PT0S'),
  }
}

function pauseOf(text: string): number {
  const [whole, ...parts] = DURATION.exec(text) ?? []
  const [hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0))
  const ms = ((hours * 60 + minutes) * 60 + seconds) * 1000
  if (whole !== undefined && ms <= PAUSE_MAX_MS) return ms
  throw new ArmError(faults.invalidParameter('rollingUpgradePolicy.pauseTimeBetweenBatches'))
}

/** @throws {ArmError} `InvalidParameter` */
export function requireRollingPolicy(set: Pick<ScaleSet, 'properties'>): void {
  rollingPolicyOf(set)
}

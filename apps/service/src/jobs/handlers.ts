import type { HostDriver } from '../domain/host-driver.ts'
import type { ScaleSetRules } from '../domain/scale-set/scale-set-rules.ts'
import type { Store } from '../domain/store.ts'
import type { Appraisers } from '../workers/appraisers.ts'
import { type DeploymentGround, deploymentHandlers } from './deployment/handlers.ts'
import { diskHandlers } from './disk-handlers.ts'
import { driftHandlers } from './drift-handlers.ts'
import { extensionHandlers } from './extension-handlers.ts'
import { galleryHandlers } from './gallery-handlers.ts'
import { groupHandlers } from './group-handlers.ts'
import type { HostNetworks } from './host-networks.ts'
import { imageHandlers } from './image-handlers.ts'
import { orFailed } from './or-failed.ts'
import { restorePointHandlers } from './restore-point-handlers.ts'
import { scaleSetHandlers } from './scale-set-handlers.ts'
import { snapshotHandlers } from './snapshot-handlers.ts'
import { vmHandlers } from './vm/handlers.ts'
import type { VmGround } from './vm/vm-job.ts'
import { type TokenGround, vmTokenHandler } from './vm/vm-token.ts'
import { whatIfHandlers } from './what-if.ts'
import type { Handler } from './worker.ts'

export interface HandlersGround {
  readonly store: Store
  readonly driver: HostDriver
  readonly host: string
  readonly rules: ScaleSetRules
  readonly networks: HostNetworks
  readonly appraisers: Appraisers
  readonly now: () => number
  readonly location: string
  readonly vm: VmGround
  readonly tokens: Omit<TokenGround, 'now'>
  readonly deployment: DeploymentGround
}

/** What is done for an operation, by its kind. */
export function handlersOf(ground: HandlersGround): Record<string, Handler> {
  const { store, driver, host, rules, networks, appraisers, now, location, vm } = ground
  return {
    ...vmHandlers(vm),
    'vm.token': vmTokenHandler(vm, { ...ground.tokens, now }),
    ...imageHandlers(driver, rules, now),
    ...galleryHandlers(driver, now),
    ...diskHandlers(driver, rules, now),
    ...snapshotHandlers(driver, now),
    ...restorePointHandlers(driver, now),
    ...driftHandlers({ now, host, judgeAgain: (task) => appraisers.again(task) }),
    ...whatIfHandlers({ store, now, tryOn: (task) => appraisers.tryOn(task) }),
    ...deploymentHandlers(ground.deployment),
    ...scaleSetHandlers({ rules, now, location }),
    ...shown({ 'network.apply': networks.apply }, now),
    ...shown({ ...groupHandlers(driver, now), ...extensionHandlers(vm) }, now),
  }
}

/** Resources show it when these fail. */
function shown(handlers: Record<string, Handler>, now: () => number): Record<string, Handler> {
  return Object.fromEntries(
    Object.entries(handlers).map(([kind, work]) => [kind, orFailed(work, now)]),
  )
}

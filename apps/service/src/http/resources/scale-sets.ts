import { ArmError, checkBody, faults } from '@trusted-launch/api'
import { requireGroup } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import type { Moment, Wanted } from '../../domain/resource-type.ts'
import {
  actOnInstances,
  type ScaleSetAction,
  scaleSetActions,
} from '../../domain/scale-set/actions.ts'
import { requireChosen } from '../../domain/scale-set/chosen.ts'
import { scaleSetLinks, scaleSetPlanner } from '../../domain/scale-set/plan-scale-set.ts'
import { lowerCapacity, removeInstances } from '../../domain/scale-set/remove-instances.ts'
import { beginRolling } from '../../domain/scale-set/rolling-upgrade.ts'
import {
  instancesOf,
  SCALE_SET,
  type ScaleSet,
  scaleSetOf,
} from '../../domain/scale-set/scale-set.ts'
import type { ScaleSetRules } from '../../domain/scale-set/scale-set-rules.ts'
import { toUpgrade, upgradeInstances } from '../../domain/scale-set/upgrade.ts'
import type { JsonObject, Tables } from '../../domain/store.ts'
import { passwordIn } from '../../domain/vm/os-profile.ts'
import { at } from '../../domain/vm/vm.ts'
import { requireSameImage } from '../../domain/vm/vm-actions.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import { type Ground, momentOf } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import {
  rollingView,
  scaleSetInstanceView,
  scaleSetProperties,
  scaleSetSkus,
} from '../scale-set-view.ts'

const PATH = groupPath(SCALE_SET)

/** Virtual machine scale sets, Uniform and Flexible. */
export function scaleSetType(rules: ScaleSetRules): ArmType {
  return {
    ...{ type: SCALE_SET, path: PATH, keepsUnnamed: true, isByLocation: true },
    models: { PUT: 'VirtualMachineScaleSet', PATCH: 'VirtualMachineScaleSetUpdate' },
    plan: scaleSetPlanner(rules),
    prepare: preparation(rules),
    links: scaleSetLinks,
    planDelete: async (row, moment) => {
      const set = scaleSetOf(row)
      const all = await instancesOf(moment.tables, set)
      const parts = await removeInstances(rules.host, moment, all)
      return { kind: 'scaleSet.delete', input: { uniqueId: set.state.uniqueId, parts }, host: null }
    },
    view: (row) => scaleSetProperties(row, scaleSetOf(row)),
  }
}

/** A model's password is hashed before the transaction, as a VM's. */
function preparation({ hashPassword }: ScaleSetRules) {
  return async (asked: Wanted): Promise<Wanted> => {
    const password = passwordIn(at(asked.properties, 'virtualMachineProfile', 'osProfile'))
    if (password === null || password.length > PASSWORD_MAX) return asked
    return { ...asked, passwordHash: await hashPassword(password) }
  }
}

/** Longer ones are refused when they are looked at. */
const PASSWORD_MAX = 256

/** What is done with a set and its instances, and what is so of it now. */
export function scaleSetRoutes(rules: ScaleSetRules, ground: Ground): Route[] {
  const route = routesOf(SCALE_SET)
  const post = (name: string, model: string | null, work: SetWork) =>
    route(
      'POST',
      `${PATH}/${name}`,
      `${name}/action`,
      (request) => act(ground, request, work, model),
      {
        ...(model !== null && { body: model }),
      },
    )
  const get = (
    name: string,
    verb: string,
    answer: (set: ScaleSet, request: ArmRequest) => Promise<object>,
  ) =>
    route('GET', `${PATH}/${name}`, verb, async (request) => {
      const set = await requireSet(ground.store, request)
      return { status: 200, body: await answer(set, request) }
    })
  return [
    ...scaleSetActions.map((action) => post(action.path, action.model, acting(rules, action))),
    post('delete', 'VirtualMachineScaleSetVMInstanceRequiredIDs', removing(rules)),
    post('manualupgrade', 'VirtualMachineScaleSetVMInstanceRequiredIDs', upgrading(rules)),
    route('POST', `${PATH}/osRollingUpgrade`, 'osRollingUpgrade/action', (request) =>
      startRolling(ground, request),
    ),
    route('POST', `${PATH}/rollingUpgrades/cancel`, 'rollingUpgrades/action', (request) =>
      cancelRolling(ground, request),
    ),
    get('rollingUpgrades/latest', 'rollingUpgrades/read', (set) => latestRolling(ground, set)),
    get('instanceView', 'instanceView/read', async (set) =>
      scaleSetInstanceView(
        (await ground.store.resources.get(set.id))!,
        set,
        await instancesOf(ground.store, set),
      ),
    ),
    get('skus', 'skus/read', async (set) => ({ value: scaleSetSkus(set) })),
    get('osUpgradeHistory', 'osUpgradeHistory/read', async () => ({ value: [] })),
  ]
}

type SetWork = (moment: Moment, set: ScaleSet, body: JsonObject) => Promise<string[]>

/** @throws {ArmError} `ResourceNotFound` */
export async function requireSet(
  tables: Tables,
  request: ArmRequest,
  name = request.params.name,
): Promise<ScaleSet> {
  const { subscriptionId, resourceGroup } = request.params
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${SCALE_SET}/${name}`
  return scaleSetOf(await requireResource(tables, request, id))
}

/** One operation whose parts are the instances'. */
async function act(
  ground: Ground,
  request: ArmRequest,
  work: SetWork,
  model: string | null,
): Promise<ArmReply> {
  const body =
    model === null || request.body === null ? {} : (checkBody(model, request.body) as JsonObject)
  const { operation } = await change(ground, request, async (tables) => {
    const { subscriptionId, resourceGroup } = request.params
    await requireGroup(tables, subscriptionId!, resourceGroup!)
    const set = await requireSet(tables, request)
    await requireUnlocked(tables, set.id, 'write')
    const moment = momentOf(ground, tables, request)
    const parts = await work(moment, set, body)
    const row = await tables.resources.update(
      set.id,
      { provisioningState: 'Updating' },
      ground.now(),
    )
    const settle = {
      kind: 'scaleSet.settle',
      input: { uniqueId: set.state.uniqueId, parts },
      host: null,
    }
    return { status: 202, operation: await begin(ground, tables, request, row, settle) }
  })
  ground.wake()
  return { status: 202, headers: operationHeaders(request.base, operation!, request.apiVersion) }
}

const acting =
  (rules: ScaleSetRules, action: ScaleSetAction): SetWork =>
  async (moment, set, body) => {
    requireSameImage(body)
    const chosen = await requireChosen(moment.tables, set, body.instanceIds)
    return actOnInstances(rules, moment, action, chosen)
  }

const removing =
  ({ host }: ScaleSetRules): SetWork =>
  async (moment, set, body) => {
    const chosen = await requireChosen(moment.tables, set, body.instanceIds ?? [])
    await lowerCapacity(moment.tables, chosen, moment.at)
    return removeInstances(host, moment, chosen)
  }

const upgrading =
  (rules: ScaleSetRules): SetWork =>
  async (moment, set, body) => {
    const chosen = await requireChosen(moment.tables, set, body.instanceIds ?? [])
    return upgradeInstances(rules, moment, set, toUpgrade(set, chosen))
  }

async function startRolling(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { operation } = await change(ground, request, async (tables) => {
    const set = await requireSet(tables, request)
    await requireUnlocked(tables, set.id, 'write')
    return { status: 202, operation: await beginRolling(momentOf(ground, tables, request), set) }
  })
  ground.wake()
  return { status: 202, headers: operationHeaders(request.base, operation, request.apiVersion) }
}

async function cancelRolling(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return change(ground, request, async (tables) => {
    const { state, name } = await requireSet(tables, request)
    const isOn =
      state.rolling !== undefined &&
      (await tables.operations.requestCancel(state.rolling.operation))
    if (!isOn)
      throw new ArmError(
        faults.operationNotAllowed(`There is no rolling upgrade of '${name}' that goes on.`),
      )
    return { status: 200 }
  })
}

async function latestRolling({ store }: Ground, set: ScaleSet): Promise<object> {
  const { rolling } = set.state
  const operation = rolling === undefined ? null : await store.operations.get(rolling.operation)
  if (operation === null)
    throw new ArmError(faults.resourceNotFound(`${set.id}/rollingUpgrades/latest`))
  return rollingView(set, await instancesOf(store, set), operation)
}

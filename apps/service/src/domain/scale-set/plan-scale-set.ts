import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { ArmError, faults, nameOf, parseResourceId } from '@trusted-launch/api'
import { unfitOf } from '../../catalogue/security-type.ts'
import { requirePlacing } from '../drain.ts'
import { type Link, listIn } from '../links.ts'
import { interfaceLinks } from '../networks.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import type { JsonObject, Resource } from '../store.ts'
import { withDiskRoom } from '../vm/disk-room.ts'
import { withoutSecrets } from '../vm/os-profile.ts'
import { askedProfile } from '../vm/security.ts'
import { requireOffered } from '../vm/told.ts'
import { at, textAt } from '../vm/vm.ts'
import { imageLinks } from '../vm/vm-image.ts'
import { addInstances } from './add-instances.ts'
import { withImage, withMode, withSystem } from './completed.ts'
import { requireShape } from './form.ts'
import type { ModelSecrets } from './instance-properties.ts'
import { decideModel, requireModelChange } from './model-rules.ts'
import { leaving, removeInstances } from './remove-instances.ts'
import {
  capacityOf,
  instancesOf,
  isGoing,
  modelOf,
  type ScaleSet,
  type ScaleSetState,
  scaleSetOf,
  scaleSetStateJson,
} from './scale-set.ts'
import type { ScaleSetRules } from './scale-set-rules.ts'
import { upgradeAfter } from './upgrade.ts'

/** A new set, or a change of one: instances come and go with it, each by an operation of its own. @throws {ArmError} */
export function scaleSetPlanner(rules: ScaleSetRules) {
  return (id: string, wanted: Wanted, existing: Resource | null, moment: Moment): Promise<Plan> =>
    existing === null
      ? planNew(rules, id, wanted, moment)
      : planChange(rules, wanted, scaleSetOf(existing), moment)
}

async function planNew(
  rules: ScaleSetRules,
  id: string,
  wanted: Wanted,
  moment: Moment,
): Promise<Plan> {
  await requirePlacing(moment.tables, rules.host)
  const { subscriptionId, resourceGroup } = parseResourceId(id)!
  const state: ScaleSetState = {
    ...{ uniqueId: randomUUID(), model: 1, next: 0, notices: [] },
    notEnforced: rules.notEnforcedOfSets(bodyOf(wanted)),
  }
  const draft: ScaleSet = {
    ...{ id, name: nameOf(parseResourceId(id)!), subscriptionId: subscriptionId!, resourceGroup },
    ...{ location: moment.location, tags: wanted.tags ?? {}, envelope: wanted.envelope },
    ...{ properties: withMode({ orchestrationMode: 'Uniform', ...wanted.properties }), state },
  }
  requireShape(draft)
  requireOffered(
    { notEnforced: rules.notEnforcedOfSets, refused: rules.refusedOfSets },
    bodyOf(wanted),
  )
  const secrets = secretsIn(wanted)
  await rules.keepSecrets(moment.tables, state.uniqueId, secrets)
  return scaled(rules, moment, await decided(rules, moment, draft), secrets)
}

async function planChange(
  rules: ScaleSetRules,
  wanted: Wanted,
  before: ScaleSet,
  moment: Moment,
): Promise<Plan> {
  const { uniqueId } = before.state
  const sku = {
    ...(at(before.envelope, 'sku') as JsonObject),
    ...(at(wanted.envelope, 'sku') as JsonObject),
  }
  const properties = {
    ...withMode(withImage(before.properties, wanted.properties)),
    orchestrationMode: before.properties.orchestrationMode!,
  }
  const draft = {
    ...before,
    ...{ tags: wanted.tags ?? before.tags, envelope: { ...wanted.envelope, sku }, properties },
  }
  requireSameMode(before, wanted)
  requireShape(draft)
  requireOffered(
    { notEnforced: rules.notEnforcedOfSets, refused: rules.refusedOfSets },
    bodyOf(wanted),
  )
  const secrets = { ...(await rules.secretsOf(moment.tables, uniqueId)), ...secretsIn(wanted) }
  await rules.keepSecrets(moment.tables, uniqueId, secrets)
  const after = await decided(rules, moment, asAsked(before, draft))
  requireModelChange(before, after)
  const isSame = isDeepStrictEqual(madeOf(before), madeOf(after))
  const notEnforced = rules.notEnforcedOfSets(bodyOf(wanted))
  const state = { ...after.state, model: before.state.model + Number(!isSame), notEnforced }
  return scaled(rules, moment, { ...after, state }, secrets)
}

/** Without UEFI settings that nobody sent where the model becomes Standard. */
function asAsked(before: ScaleSet, draft: ScaleSet): ScaleSet {
  const [was, is] = [modelOf(before), modelOf(draft)]
  const securityProfile = is === null ? undefined : askedProfile(is, { properties: was ?? {} })
  if (securityProfile === undefined) return draft
  const virtualMachineProfile = { ...is, securityProfile }
  return { ...draft, properties: { ...draft.properties, virtualMachineProfile } }
}

/** With what was decided of the model: what is shown, and what instances are made of from now on. */
async function decided(rules: ScaleSetRules, moment: Moment, set: ScaleSet): Promise<ScaleSet> {
  const model = modelOf(set)
  if (model === null) return set
  const { image, decision } = await decideModel(rules, moment, set)
  const shown = withSystem({ ...withoutSecrets(model), ...decision.properties }, image.osType)
  return {
    ...set,
    properties: { ...set.properties, virtualMachineProfile: shown },
    state: { ...set.state, notices: decision.notices, unfit: unfitOf(image) },
  }
}

/** As many instances as are wanted, and the others brought to the model where the policy says so. */
async function scaled(
  rules: ScaleSetRules,
  moment: Moment,
  set: ScaleSet,
  secrets: ModelSecrets,
): Promise<Plan> {
  if (modelOf(set) === null) return { ...plannedAs(set), work: null }
  const all = await instancesOf(moment.tables, set)
  const here = all.filter((each) => !isGoing(each))
  const missing = Math.max(0, capacityOf(set) - here.length)
  const numbers = Array.from({ length: missing }, (_, i) => set.state.next + i)
  const goes = leaving(set, all, capacityOf(set))
  const upgraded = await upgradeAfter(rules, moment, set, here, goes)
  const parts = [
    ...(await removeInstances(rules.host, moment, goes)),
    ...upgraded,
    ...(await withDiskRoom(moment.tables, rules.diskGib, () =>
      addInstances(rules, moment, set, secrets, numbers),
    )),
  ]
  const state = { ...set.state, next: set.state.next + missing }
  const input = { uniqueId: state.uniqueId, parts }
  return { ...plannedAs({ ...set, state }), work: { kind: 'scaleSet.settle', input, host: null } }
}

function plannedAs({ properties, envelope, tags, state }: ScaleSet): Omit<Plan, 'work'> {
  return { properties, envelope, tags, state: scaleSetStateJson(state) }
}

/** What a set's instances are made of, in whatever order it was said: a change of it makes them old. */
function madeOf(set: ScaleSet): unknown[] {
  const model = modelOf(set)
  // The system is the image's, and sets of before do not say it.
  return [at(set.envelope, 'sku', 'name') ?? null, model && withSystem(model, 'Linux')]
}

function requireSameMode({ properties: was }: ScaleSet, { properties: is }: Wanted): void {
  const [old, asked] = [was, is].map((each) => textAt(each, 'orchestrationMode')?.toLowerCase())
  if (asked === undefined || asked === old) return
  throw new ArmError(
    faults.operationNotAllowed(
      "Changing property 'orchestrationMode' is not allowed.",
      'orchestrationMode',
    ),
  )
}

function secretsIn({ properties, passwordHash }: Wanted): ModelSecrets {
  const os = at(properties, 'virtualMachineProfile', 'osProfile')
  const [adminPassword, customData] = [textAt(os, 'adminPassword'), textAt(os, 'customData')]
  return {
    ...(adminPassword !== null && { adminPassword }),
    ...(customData !== null && { customData }),
    ...(passwordHash !== undefined && { passwordHash }),
  }
}

function bodyOf({ envelope, properties }: Wanted): JsonObject {
  return { ...envelope, properties }
}

/** What a set names elsewhere: its image, and what its instances' interfaces join. */
export function scaleSetLinks(_: string, { properties }: Wanted): Link[] {
  const model = (at(properties, 'virtualMachineProfile') ?? {}) as JsonObject
  const all = listIn(at(model, 'networkProfile', 'networkInterfaceConfigurations'))
  const path = 'properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations'
  return [
    ...imageLinks(model),
    ...all.flatMap((one, i) => interfaceLinks(one, `${path}[${i}].properties`)),
  ]
}

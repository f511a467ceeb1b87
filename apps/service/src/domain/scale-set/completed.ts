import type { JsonObject } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'

export const MODES = ['Automatic', 'Manual', 'Rolling']

/** The upgrade policy's mode as Azure writes it: `az vmss create` sends it in small letters. */
export function withMode(properties: JsonObject): JsonObject {
  const asked = textAt(properties, 'upgradePolicy', 'mode')?.toLowerCase()
  const mode = MODES.find((each) => each.toLowerCase() === asked)
  if (mode === undefined) return properties
  const upgradePolicy = { ...(at(properties, 'upgradePolicy') as JsonObject), mode }
  return { ...properties, upgradePolicy }
}

/** A model that names no image keeps the one it had: clients of Azure leave it out of a PUT that changes something else. */
export function withImage(before: JsonObject, properties: JsonObject): JsonObject {
  const path = ['virtualMachineProfile', 'storageProfile', 'imageReference'] as const
  const imageReference = at(before, ...path)
  const model = at(properties, 'virtualMachineProfile') as JsonObject | undefined
  if (model == null || imageReference == null || at(properties, ...path) != null) return properties
  const storageProfile = { ...(model.storageProfile as JsonObject | undefined), imageReference }
  return { ...properties, virtualMachineProfile: { ...model, storageProfile } }
}

/** A model says which system its image has, as a VM does: clients choose extensions by it. */
export function withSystem(model: JsonObject, osType: 'Linux' | 'Windows'): JsonObject {
  const storage = at(model, 'storageProfile') as JsonObject | undefined
  const osDisk = { createOption: 'FromImage', ...(storage?.osDisk as JsonObject | undefined) }
  return { ...model, storageProfile: { ...storage, osDisk: { ...osDisk, osType } } }
}

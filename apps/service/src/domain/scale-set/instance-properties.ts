import { ArmError, faults } from '@trusted-launch/api'
import { listIn } from '../links.ts'
import type { Json, JsonObject } from '../store.ts'
import { requireOne } from '../vm/interfaces.ts'
import { at, textAt } from '../vm/vm.ts'
import { isFlexible, modelOf, type ScaleSet } from './scale-set.ts'

/** What only the set's own secrets hold: clients are never told it again. */
export interface ModelSecrets {
  readonly adminPassword?: string
  readonly customData?: string
  /** As `/etc/shadow` has it. */
  readonly passwordHash?: string
}

/** What one instance has for itself. */
export interface Identity {
  readonly computerName: string
  /** Ids of interfaces that are its own, the primary one first. */
  readonly interfaces: readonly string[]
}

/** A set's model as the VM that is made of it: `properties` as a client would send them. */
export function instanceProperties(
  set: Pick<ScaleSet, 'id' | 'envelope' | 'properties'>,
  { computerName, interfaces }: Identity,
  { adminPassword, customData }: ModelSecrets,
): JsonObject {
  const {
    osProfile,
    storageProfile,
    networkProfile: _,
    extensionProfile: __,
    ...model
  } = modelOf(set) as Record<string, JsonObject>
  const { computerNamePrefix: ___, ...os } = osProfile ?? {}
  const { additionalCapabilities } = set.properties
  return {
    ...model,
    ...(additionalCapabilities !== undefined && { additionalCapabilities }),
    hardwareProfile: { ...model.hardwareProfile, vmSize: sizeOf(set) },
    storageProfile: storageOf(storageProfile),
    // A specialized image's instances have none: what they are called, and who uses them, is in it.
    ...(osProfile !== undefined && {
      osProfile: {
        ...os,
        computerName,
        ...(adminPassword !== undefined && { adminPassword }),
        ...(customData !== undefined && { customData }),
      },
    }),
    networkProfile: {
      networkInterfaces: interfaces.map((id, i) => ({
        id,
        properties: { primary: i === 0, deleteOption: 'Delete' },
      })),
    },
    ...(isFlexible(set) && { virtualMachineScaleSet: { id: set.id } }),
  }
}

/** @throws {ArmError} */
export function sizeOf({ envelope }: Pick<ScaleSet, 'envelope'>): string {
  const name = textAt(envelope, 'sku', 'name')
  if (name === null) throw new ArmError(faults.missingParameter('sku.name'))
  return name
}

/** Disks go with their instance, unless the model says otherwise; data disks are made empty. */
function storageOf(storage: JsonObject | undefined): JsonObject {
  const { osDisk, dataDisks, ...rest } = storage ?? {}
  return {
    ...rest,
    osDisk: { createOption: 'FromImage', deleteOption: 'Delete', ...(osDisk as JsonObject) },
    dataDisks: listIn(dataDisks).map((disk) => ({
      deleteOption: 'Delete',
      ...(disk as JsonObject),
    })),
  }
}

/** The interfaces that each instance gets, the primary one first. @throws {ArmError} */
export function interfaceConfigurations({ properties }: Pick<ScaleSet, 'properties'>): Json[] {
  const profile = at(properties, 'virtualMachineProfile', 'networkProfile')
  const all = [...listIn(at(profile, 'networkInterfaceConfigurations'))]
  if (all.length === 0)
    throw new ArmError(faults.missingParameter('networkInterfaceConfigurations'))
  requireOne(all, 'networkInterfaceConfigurations')
  requireOne(
    listIn(at(all[0]!, 'properties', 'ipConfigurations')),
    'networkInterfaceConfigurations.ipConfigurations',
  )
  return all
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const NUMBER_LENGTH = 6

/** `web000001`: a set's prefix, and six digits to the base 36, as Azure names the guests of its sets. */
export function computerNameOf(
  { name, properties }: Pick<ScaleSet, 'name' | 'properties'>,
  number: number,
) {
  const os = at(properties, 'virtualMachineProfile', 'osProfile')
  const prefix = textAt(os, 'computerNamePrefix') ?? name.replace(/[^a-z0-9-]/gi, '').slice(0, 9)
  let digits = ''
  for (let rest = number; digits.length < NUMBER_LENGTH; rest = Math.floor(rest / 36))
    digits = DIGITS[rest % 36] + digits
  return `${prefix}${digits}`
}

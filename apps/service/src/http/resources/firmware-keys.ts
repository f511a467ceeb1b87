import { ArmError, faults } from '@trusted-launch/api'
import { MalformedError } from '@trusted-launch/codec'
import type { VariableStore } from '@trusted-launch/uefi'
import { type FirmwareKeyDriver, firmwareKeysIn } from '../../domain/host/firmware-keys.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { isCurrent, type KeyUpdate, keyUpdateFor } from '../../domain/vm/current-keys.ts'
import { generationOf, inputFor, stateOf } from '../../domain/vm/vm.ts'
import { requireNotGoing } from '../../domain/vm/vm-actions.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { variablesView } from './firmware-view.ts'
import { requireVmAt } from './health.ts'

/** What the firmware of VMs trusts and forbids. */
export const FIRMWARE_KEYS = 'TrustedLaunch/firmwareKeys'

/** The right to bring it up to date. */
export const UPDATE_KEYS = `${FIRMWARE_KEYS}/update/action`

const WARNING =
  'PCR 7 changes with these. Disk encryption that is bound to it (BitLocker, systemd-cryptenroll, Clevis) does not unlock at the next start: suspend it in the guest first, or have the recovery key at hand.'

/** What a VM's variable store has now; Microsoft's current certificates and revocations, for one that is deallocated. */
export function firmwareKeyRoutes(ground: Ground): Route[] {
  const route = routesOf(FIRMWARE_KEYS)
  const path = `/:scope/providers/${FIRMWARE_KEYS}`
  return [
    route('GET', `${path}/current`, 'read', (request) => showKeys(ground, request)),
    route('POST', `${path}/update`, 'update/action', (request) => updateKeys(ground, request)),
  ]
}

/** @throws {ArmError} 409: it is of generation 1, or not made yet. */
async function showKeys(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const vm = await requireVmAt(ground, request)
  const properties = variablesView(await variablesOf(ground.driver, vm, 'shown'))
  return {
    status: 200,
    body: { id: request.id, name: 'current', type: FIRMWARE_KEYS, properties },
  }
}

/**
 * Adds what the VM's firmware lacks, as a long action; with `dryRun` only says what that is.
 * @throws {ArmError} 409: it is not deallocated, has no such keys, or would not boot with them.
 */
export async function updateKeys(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { dryRun = false, ...more } = request.body ?? {}
  const [unknown] = Object.keys(more)
  if (unknown !== undefined || typeof dryRun !== 'boolean')
    throw new ArmError(faults.invalidParameter(unknown ?? 'dryRun'))
  const vm = await requireVmAt(ground, request)
  requireDeallocated(vm)
  const { driver } = ground
  const update = await lackedBy(driver, vm)
  if (isCurrent(update)) return { status: 200, body: view(update, null) }
  const refuses = await driver.refusesWith(stateOf(vm).machine, update.more)
  if (dryRun) return { status: 200, body: view(update, refuses) }
  if (refuses !== null) throw notAllowed(vm, refusal(refuses))
  const { operation } = await change(ground, request, async (tables) => {
    const found = await requireVmAt(inTables(ground, tables), request)
    await requireUnlocked(tables, found.id, 'write')
    requireNotGoing(found)
    requireDeallocated(found)
    const input = { ...inputFor(found), by: request.caller.name }
    await tables.resources.update(found.id, { provisioningState: 'Updating' }, ground.now())
    const work = { kind: 'vm.updateKeys', input, host: ground.host }
    return { status: 202, operation: await begin(ground, tables, request, found, work) }
  })
  ground.wake()
  const { base, apiVersion } = request
  const headers = operationHeaders(base, operation!, apiVersion)
  return { status: 202, body: view(update, refuses), headers }
}

const inTables = (ground: Ground, tables: Tables) => ({
  ...ground,
  store: tables as Ground['store'],
})

async function lackedBy(driver: FirmwareKeyDriver, vm: Resource): Promise<KeyUpdate> {
  return keyUpdateFor(firmwareKeysIn(await variablesOf(driver, vm, 'updated')))
}

/** @throws {ArmError} there are none. */
async function variablesOf(
  driver: FirmwareKeyDriver,
  vm: Resource,
  verb: string,
): Promise<VariableStore> {
  const found = await readable(() => driver.variables(stateOf(vm).machine), vm, verb)
  if (found !== null) return found
  const isBios = generationOf(vm) === 'V1'
  const why = isBios
    ? 'it is of generation 1, whose BIOS knows no keys. Convert it first'
    : 'its host has not made it'
  throw notAllowed(vm, why, verb)
}

/** @throws {ArmError} what is there is no store: nothing of it can be told. */
async function readable<T>(read: () => Promise<T>, vm: Resource, verb: string): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw notAllowed(vm, `its variable store cannot be read: ${error.message}`, verb)
  }
}

function view({ has, authorities, revocations }: KeyUpdate, refuses: string | null): JsonObject {
  const isNeeded = authorities.length + revocations > 0
  return {
    has: [...has],
    adds: { authorities: [...authorities], revocations },
    possible: refuses === null,
    ...(refuses !== null && { why: refusal(refuses) }),
    ...(isNeeded && { warning: WARNING }),
  }
}

const refusal = (component: string) =>
  `the current revocations forbid the ${component} on its disk, so that it would not start: update that in the guest first`

/** @throws {ArmError} in Azure's manner. */
function requireDeallocated(vm: Resource): void {
  const { power } = stateOf(vm)
  if (power !== 'deallocated') throw notAllowed(vm, `it is ${power}. Deallocate the VM first`)
}

function notAllowed({ name }: Resource, why: string, verb = 'updated'): ArmError {
  const message = `The keys of the firmware of VM '${name}' cannot be ${verb}: ${why}.`
  return new ArmError(faults.operationNotAllowed(message))
}

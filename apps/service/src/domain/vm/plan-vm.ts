import { randomUUID } from 'node:crypto'
import { ArmError, faults } from '@trusted-launch/api'
import type { MarketplaceImage } from '../../catalogue/images.ts'
import { unfitOf } from '../../catalogue/security-type.ts'
import type { AttestRate } from '../attest-rate.ts'
import { requirePlacing } from '../drain.ts'
import type { UploadDriver } from '../host/uploads.ts'
import type { Link } from '../links.ts'
import type { AllowedBridge } from '../network/host-bridge.ts'
import type { Prefix } from '../network/ipv4.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import { joinSet } from '../scale-set/join.ts'
import { scaleSetLink } from '../scale-set/scale-set.ts'
import type { AllowedSource } from '../sources.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { attachedLinks, newVtpm, refuseOsProfile, takeDisk, takesDisk } from './attached-disk.ts'
import { dataDiskLinks, planDataDisks } from './data-disks.ts'
import { withDiskRoom } from './disk-room.ts'
import { growOwn, ownSizeOf } from './disk-size.ts'
import { requireDiskSkus } from './disk-skus.ts'
import { withFixed } from './fixed.ts'
import { interfaceLinks, requireInterfaces, requireSameInterfaces } from './interfaces.ts'
import { withLeaving } from './leaving.ts'
import { machineOwnerKeysOf } from './machine-owner-keys.ts'
import { alignOsDisk, makeOsDisk, withOwnDisk } from './os-disk.ts'
import { passwordIn, requireGivenBefore, requireOsProfile, withoutSecrets } from './os-profile.ts'
import { requirePriority } from './priority.ts'
import type { Command } from './run-command.ts'
import { decideChange, decideNew, type Place } from './security.ts'
import { givenBy, type Seed, saltIn } from './seed.ts'
import { takenAlongLinks } from './taken-along.ts'
import { bodyOf, lasting, requireOffered, toldOf } from './told.ts'
import { withUnapplied } from './unapplied.ts'
import { at, inputFor, securityOf, stateJson, stateOf, textAt, type VmState } from './vm.ts'
import { exactImageOf, imageLinks, imageOfVm, requireVmImage } from './vm-image.ts'
import { requireVtpmCopy, vtpmCopyLinks } from './vtpm-copy.ts'

/** What decides about VMs beside what is asked. */
export interface VmRules {
  /** The lease whose holder drives the host. */
  readonly host: string
  /** Why the host makes no virtual networks; null: it does. */
  readonly noNetworks: () => string | null
  /** Addresses that are routed to the host. */
  readonly publicPool: readonly Prefix[]
  /** Bridges of the host that networks may be on; not given: none. */
  readonly bridges?: readonly AllowedBridge[]
  readonly images: () => readonly MarketplaceImage[]
  readonly allowedSources: readonly AllowedSource[]
  /** Writes a piece of a file that is to become an image or a disk. */
  readonly writeUpload: UploadDriver['writeUpload']
  readonly forgetSource: UploadDriver['forgetSource']
  readonly place: () => Place
  /** How often a VM may be asked, by whatever endpoint. */
  readonly attestRate: AttestRate
  /** What the host keeps disks on, in GiB. */
  readonly diskGib: () => number
  /** Paths that are kept and have no effect. */
  readonly notEnforced: (body: JsonObject) => readonly string[]
  /** Paths of a gallery's, definition's or version's body that ask for what there is not here. */
  readonly refusedOfGalleries: (type: string, body: JsonObject) => readonly string[]
  /** Paths that ask for what a disk would be less without. */
  readonly refusedOfDisks: (body: JsonObject) => readonly string[]
  /** Paths that ask for what a snapshot would be less without. */
  readonly refusedOfSnapshots: (body: JsonObject) => readonly string[]
  /** Paths that ask for what a VM would be less without. */
  readonly refused: (body: JsonObject) => readonly string[]
  /** Keeps what is to be run in a VM, until it is. */
  readonly keepCommand: (tables: Tables, key: string, command: Command) => Promise<void>
  /** Keeps what the VM is given at its first boot and is never told again. */
  readonly keepSeed: (
    tables: Tables,
    vmId: string,
    properties: JsonObject,
    login: { readonly osType: 'Linux' | 'Windows'; readonly passwordHash: string | null },
  ) => Promise<void>
  /** What was kept; null: nothing. */
  readonly seedOf: (tables: Tables, vmId: string) => Promise<Seed | null>
  /** As `/etc/shadow` has it; with the salt of another, to be held against it. */
  readonly hashPassword: (password: string, salt?: string | null) => Promise<string>
}

/** A new VM, or a change of one. @throws {ArmError} nothing was changed then. */
export function vmPlanner(rules: VmRules) {
  return (id: string, wanted: Wanted, existing: Resource | null, moment: Moment): Promise<Plan> =>
    withDiskRoom(moment.tables, rules.diskGib, () =>
      existing === null
        ? planJoining(rules, id, wanted, moment)
        : planChange(rules, wanted, existing, moment),
    )
}

/** Longer ones are refused when they are looked at. */
const PASSWORD_MAX = 256

/**
 * A password is hashed before the transaction: it takes a while, and a process of its own; of a VM that is there with
 * the salt of the one that it was given.
 */
export function vmPreparation({ hashPassword, seedOf }: VmRules) {
  return async (asked: Wanted, id: string, there: Tables): Promise<Wanted> => {
    const password = passwordIn(at(asked.properties, 'osProfile'))
    if (password === null || password.length > PASSWORD_MAX) return asked
    const vm = await there.resources.get(id)
    const given = vm === null ? null : givenBy(await seedOf(there, stateOf(vm).vmId)).password
    return { ...asked, passwordHash: await hashPassword(password, saltIn(given)) }
  }
}

async function planJoining(
  rules: VmRules,
  id: string,
  wanted: Wanted,
  moment: Moment,
): Promise<Plan> {
  const joined = await joinSet(moment, wanted)
  const plan = await planNewVm(rules, id, wanted, moment)
  return joined === null ? plan : { ...plan, ...joined, state: { ...plan.state, ...joined.state } }
}

/** A VM that is not there yet, with what belongs to it. @throws {ArmError} */
export async function planNewVm(
  rules: VmRules,
  id: string,
  wanted: Wanted,
  moment: Moment,
): Promise<Plan> {
  await requirePlacing(moment.tables, rules.host)
  requireName(id)
  requireParts(wanted.properties)
  const image = await requireVmImage(rules, moment.tables, id, wanted.properties)
  const decision = decideNew(wanted.properties, image, rules.place())
  const hasUsers = takesDisk(wanted.properties) || image.isSpecialized === true
  const properties = hasUsers
    ? withoutOsProfile(wanted.properties)
    : withOsProfile(wanted.properties, image.osType, id)
  machineOwnerKeysOf(properties)
  requireOffered(rules, bodyOf(wanted, properties))
  requireDiskSkus(properties)
  const vmId = randomUUID()
  const copy = await requireVtpmCopy(moment.tables, properties, id.split('/').at(-1)!, moment.at)
  const nic = await requireInterfaces(moment.tables, id, properties)
  const disk = takesDisk(properties)
    ? await takeDisk(moment, id, properties, rules.diskGib())
    : await makeOsDisk(moment, id, properties, decision, image)
  const hasOther = takesDisk(properties) && securityOf(decision).vTpm && copy === null
  const notices = [...decision.notices, ...(hasOther ? [newVtpm] : (copy?.notices ?? []))]
  const state: VmState = {
    ...{ vmId, machine: `vm-${vmId}`, host: rules.host, power: 'starting', failure: null },
    ...{ notices, ...(copy !== null && { vtpmOf: copy.point, identityOf: copy.identityOf }) },
    notEnforced: rules.notEnforced(bodyOf(wanted, properties)),
    ...{ generalized: false, hasAgent: false, sshPort: null },
    ...exactImageOf(properties, image),
    ...(image.galleryVersion?.hasKeys === true && { keysOf: image.galleryVersion.id }),
    ...(takesDisk(properties)
      ? { osDiskGib: Number(at(disk, 'storageProfile', 'osDisk', 'diskSizeGB')) }
      : ownSizeOf(properties, image.osDiskGib, rules.diskGib())),
    ...(image.hyperVGeneration === 'V1' && { generation: 'V1' as const }),
    ...(unfitOf(image) === 'image' && { unfit: 'image' as const }),
    macAddress: textAt(nic.state, 'macAddress') ?? '',
  }
  const login = { osType: image.osType, passwordHash: wanted.passwordHash ?? null }
  if (!hasUsers) await rules.keepSeed(moment.tables, vmId, properties, login)
  const whole = { ...withoutSecrets(properties), ...decision.properties, ...disk }
  const complete = await planDataDisks(moment, id, whole)
  const work = { kind: 'vm.create', input: { vmId }, host: rules.host }
  return { properties: complete, state: stateJson(state), work }
}

/** With its defaults. @throws {ArmError} */
function withOsProfile(properties: JsonObject, osType: 'Linux' | 'Windows', id: string) {
  return { ...properties, osProfile: requireOsProfile(properties, osType, id.split('/').at(-1)!) }
}

/** Of a system that ran before. @throws {ArmError} one is given. */
function withoutOsProfile(properties: JsonObject): JsonObject {
  refuseOsProfile(properties)
  return properties
}

const NAME = /^[a-z0-9]([\w.-]{0,62}[\w])?$/i

/** @throws {ArmError} `InvalidParameter` */
function requireName(id: string): void {
  const name = id.split('/').at(-1)!
  if (NAME.test(name)) return
  throw new ArmError({
    status: 400,
    code: 'InvalidParameter',
    message: `The entity name '${name}' is invalid according to its validation rule: ${NAME.source}.`,
    target: 'vmName',
  })
}

function requireParts(properties: JsonObject): void {
  for (const name of ['hardwareProfile', 'storageProfile', 'networkProfile'])
    if (at(properties, name) === undefined) throw new ArmError(faults.missingParameter(name))
  if (textAt(properties, 'hardwareProfile', 'vmSize') === null)
    throw new ArmError(faults.missingParameter('hardwareProfile.vmSize'))
  requirePriority(properties)
}

/** What a VM names elsewhere: its image, its interfaces, which it joins, its data disks, and what is to go with it. */
export async function vmLinks(
  id: string,
  { properties }: Wanted,
  there: Pick<Tables, 'resources'>,
): Promise<Link[]> {
  return [
    ...imageLinks(properties),
    ...scaleSetLink(properties),
    ...attachedLinks(properties),
    ...vtpmCopyLinks(properties),
    ...interfaceLinks(properties),
    ...dataDiskLinks(id, properties),
    ...(await takenAlongLinks(there, id, properties)),
  ]
}

async function planChange(
  rules: VmRules,
  wanted: Wanted,
  existing: Resource,
  moment: Moment,
): Promise<Plan> {
  const state = stateOf(existing)
  requireParts(wanted.properties)
  const properties = withFixed(existing.properties, wanted.properties)
  await requireGiven(rules, moment.tables, wanted, state)
  requireSameInterfaces(existing.properties, properties)
  const image = await imageOfVm(rules, moment.tables, existing)
  const decision = decideChange(properties, existing, image, rules.place())
  requireOffered(rules, bodyOf(wanted, properties))
  requireDiskSkus(properties)
  const own = withOwnDisk(existing.properties, properties)
  const whole = { ...withoutSecrets(properties), ...decision.properties, ...own }
  const complete = await planDataDisks(moment, existing.id, whole)
  const { secureBoot } = securityOf({ properties: complete })
  // What was asked for and is not done is tried again when it is asked for again.
  const isDone = existing.provisioningState !== 'Failed' && state.unapplied === undefined
  const isSame = JSON.stringify(complete) === JSON.stringify(existing.properties)
  const enables = secureBoot && !(isDone && securityOf(existing).secureBoot)
  await alignOsDisk(moment, complete, decision)
  const sizes = { hostGib: rules.diskGib(), now: moment.at }
  const grown = await growOwn(moment.tables, existing, complete, sizes)
  const secureBootBy = enables ? moment.caller.name : null
  const left = withLeaving(existing, complete)
  const next: VmState = {
    ...(decision.hyperVGeneration === 'V1' ? left : ofGeneration2(left)),
    ...withUnapplied(existing, complete, { restart: decision.restart, secureBootBy }),
    ...grown,
    notices: [...lasting(state, decision), ...decision.notices],
    notEnforced: toldOf(rules, wanted, existing),
  }
  const isOff = state.power === 'deallocated' || state.power === 'stopped'
  const kind = !isOff && next.unapplied?.restart === true ? 'vm.updateAndRestart' : 'vm.update'
  const work = isSame && isDone ? null : { kind, input: inputFor(existing), host: rules.host }
  return { properties: complete, state: stateJson(next), work }
}

/** @throws {ArmError} another password or `customData` than a VM was given is asked for. */
async function requireGiven(
  { seedOf }: VmRules,
  tables: Tables,
  { properties, passwordHash }: Wanted,
  { vmId }: VmState,
): Promise<void> {
  const asked = ['adminPassword', 'customData'].map((name) => textAt(properties, 'osProfile', name))
  if (asked.every((each) => each === null)) return
  requireGivenBefore(properties, passwordHash ?? null, givenBy(await seedOf(tables, vmId)))
}

function ofGeneration2({ generation, lacks: _, ...rest }: VmState): VmState {
  return generation === undefined ? rest : { ...rest, converted: true }
}

import {
  diskDispositions,
  galleryDispositions,
  membersOf,
  scaleSetDispositions,
  snapshotDispositions,
  vmDispositions,
} from '@trusted-launch/api'
import { type MarketplaceImage, platformImages } from './catalogue/images.ts'
import type { HostDriver } from './domain/host-driver.ts'
import { type ScaleSetRules, secretsName } from './domain/scale-set/scale-set-rules.ts'
import { passwordIn } from './domain/vm/os-profile.ts'
import { commandKey } from './domain/vm/run-command.ts'
import { type Seed, seedName, seedOf, windowsSeedOf } from './domain/vm/seed.ts'
import { at } from './domain/vm/vm.ts'
import { hashPassword } from './driver/hash-password.ts'
import type { SealedRecords } from './identity/sealed-records.ts'
import type { HostSize } from './jobs/driven-host.ts'

/** What the rules of resources are made of. */
export interface RulesGround
  extends Pick<ScaleSetRules, 'attestRate' | 'host' | 'allowedSources' | 'publicPool' | 'bridges'> {
  readonly driver: HostDriver
  /** @throws {HostElsewhere} nobody who drives it has told yet. */
  readonly size: () => HostSize
  readonly records: SealedRecords
  readonly now: () => number
  readonly location: string
}

/** What resources may be, here: by the host's size, its operator's settings, and what of a body is enforced. */
export function rulesOf(ground: RulesGround): ScaleSetRules {
  const { driver, size, records, now, location, ...asSet } = ground
  return {
    ...asSet,
    images: () => imagesOf(size(), now()),
    diskGib: () => size().diskGib,
    writeUpload: (...piece) => driver.writeUpload(...piece),
    forgetSource: (source) => driver.forgetSource(source),
    place: () => ({ location, capacity: hostCapacity(size()) }),
    noNetworks: () => size().noNetworks,
    notEnforced: (body) => membersOf(vmDispositions, body, 'notEnforced'),
    refused: (body) => membersOf(vmDispositions, body, 'refused'),
    notEnforcedOfSets: (body) => membersOf(scaleSetDispositions, body, 'notEnforced'),
    refusedOfSets: (body) => membersOf(scaleSetDispositions, body, 'refused'),
    refusedOfGalleries: (type, body) => membersOf(galleryDispositions[type]!, body, 'refused'),
    refusedOfDisks: (body) => membersOf(diskDispositions, body, 'refused'),
    refusedOfSnapshots: (body) => membersOf(snapshotDispositions, body, 'refused'),
    keepSecrets: (tables, id, secrets) => records.put(tables, secretsName(id), secrets),
    secretsOf: async (tables, id) => (await records.get(secretsName(id), tables)) ?? {},
    keepCommand: (tables, key, command) => records.put(tables, commandKey(key), command),
    keepSeed: (...what) => keepSeed(records, ...what),
    seedOf: (tables, vmId) => records.get<Seed>(seedName(vmId), tables),
    hashPassword,
  }
}

async function keepSeed(
  records: SealedRecords,
  ...[tables, vmId, properties, login]: Parameters<ScaleSetRules['keepSeed']>
): Promise<void> {
  const { osType, passwordHash } = login
  const password = passwordIn(at(properties, 'osProfile'))
  if (password !== null && passwordHash === null) throw new Error('a password was not hashed')
  const seed =
    osType === 'Windows' ? windowsSeedOf(vmId, properties) : seedOf(vmId, properties, passwordHash)
  await records.put(tables, seedName(vmId), seed)
}

/** The guests of this project, in the versions that can be had. What a host tells nothing of is built today. */
function imagesOf({ images = {} }: Partial<HostSize>, now: number): readonly MarketplaceImage[] {
  const today = new Date(now).toISOString().slice(0, 10).replaceAll('-', '.')
  return platformImages.map((image) => ({ ...image, versions: images[image.host] ?? [today] }))
}

function hostCapacity({ vcpus, memoryMiB, noWindows }: HostSize) {
  return {
    vcpus,
    memoryGib: memoryMiB / 1024,
    noWindows,
    architecture: process.arch === 'arm64' ? ('Arm64' as const) : ('x64' as const),
  }
}

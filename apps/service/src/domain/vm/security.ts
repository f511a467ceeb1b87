import { ArmError, type Fault, type OfferedSize } from '@trusted-launch/api'
import { driverAdvice } from '../../catalogue/drivers.ts'
import {
  type HostCapacity,
  sizeFault,
  systemFault,
  unknownSize,
} from '../../catalogue/host-capacity.ts'
import type { MarketplaceImage } from '../../catalogue/images.ts'
import {
  type RequestedSecurity,
  requestedSecurity,
  type Security,
} from '../../catalogue/security.ts'
import { resizeFault, securityChange } from '../../catalogue/security-change.ts'
import { securityOfNew } from '../../catalogue/security-type.ts'
import { type Size, sizeNamed, sizes } from '../../catalogue/sizes.ts'
import { isToBeHad } from '../../catalogue/skus.ts'
import { refusals } from '../../catalogue/texts.ts'
import type { JsonObject, Resource } from '../store.ts'
import { at, generationOf, type Notice, osTypeOf, securityOf, stateOf, textAt } from './vm.ts'

/** What was decided of a VM's size and security. */
export interface Decision {
  readonly isTrustedLaunch: boolean
  /** `securityProfile`, defaults filled in. */
  readonly properties: JsonObject
  readonly notices: readonly Notice[]
  /** A VM that runs is restarted for the change. */
  readonly restart: boolean
}

/** Where a VM is to be. */
export interface Place {
  readonly capacity: HostCapacity
  readonly location: string
}

/** @throws {ArmError} */
export function decideNew(properties: JsonObject, image: MarketplaceImage, place: Place): Decision {
  const size = requireSize(properties, place)
  const asked = requireDecided(requestedSecurity(at(properties, 'securityProfile')))
  const { notices, ...security } = requireDecided(securityOfNew(asked, size, image))
  refuseIf(placeFault(size, image, place))
  return decisionOf(
    image.osType,
    properties,
    security,
    [...notices, ...adviceFor(size, image, security)],
    false,
  )
}

/** Each size as a new VM of an image would find it: by the rules that decide about one. */
export function offeredSizes(
  asked: RequestedSecurity,
  image: MarketplaceImage,
  place: Place,
): readonly OfferedSize[] {
  return sizes.map((size) => {
    const decided = securityOfNew(asked, size, image)
    const fault = 'fault' in decided ? decided.fault : placeFault(size, image, place)
    const { name, vcpusAvailable: vcpus, memoryGib, dataDisksMax, gpus } = size
    return {
      ...{ name, vcpus, memoryGib, dataDisksMax, gpus },
      securityType: 'fault' in decided ? null : decided.securityType,
      refusal: fault === null ? null : { code: fault.code, message: fault.message },
      notices:
        'fault' in decided
          ? []
          : [...decided.notices, ...adviceFor(size, image, decided)].map(told),
    }
  })
}

const told = ({ code, message }: Notice) => ({ code, message })

/** Why a VM can't be here, whatever its security is. */
function placeFault(size: Size, { osType }: MarketplaceImage, place: Place): Fault | null {
  return sizeFault(size, place.capacity, place.location) ?? systemFault(osType, place.capacity)
}

/** @throws {ArmError} */
export function decideChange(
  properties: JsonObject,
  vm: Resource,
  image: MarketplaceImage | null,
  place: Place,
): Decision & { readonly hyperVGeneration: 'V1' | 'V2' } {
  const size = requireSize(properties, place)
  const before = sizeNamed(textAt(vm.properties, 'hardwareProfile', 'vmSize') ?? '') ?? size
  const isOff = stateOf(vm).power === 'deallocated'
  const existing = {
    security: currentSecurity(vm),
    size,
    deallocated: isOff,
    hyperVGeneration: generationOf(vm),
    lacks: stateOf(vm).lacks ?? [],
  }
  if (size.name !== before.name) {
    refuseIf(resizeFault(existing, image?.architecture ?? 'x64', size))
    refuseIf(sizeFault(size, place.capacity, place.location))
  }
  const asked = requireDecided(requestedSecurity(askedProfile(properties, vm)))
  const { restarts, hyperVGeneration, ...security } = requireDecided(
    securityChange(existing, asked),
  )
  const restart = restarts || size.name !== before.name
  const advice = image === null ? [] : adviceFor(size, image, security)
  return { ...decisionOf(osTypeOf(vm), properties, security, advice, restart), hyperVGeneration }
}

/** What is asked for: UEFI settings that a VM or a model has, and nobody sent, do not keep it from becoming Standard. */
export function askedProfile(
  properties: JsonObject,
  { properties: before }: Pick<Resource, 'properties'>,
): JsonObject | undefined {
  const profile = at(properties, 'securityProfile') as JsonObject | undefined
  const isStandard = textAt(profile, 'securityType')?.toLowerCase() === 'standard'
  const had = at(before, 'securityProfile', 'uefiSettings')
  if (!isStandard || JSON.stringify(profile?.uefiSettings) !== JSON.stringify(had)) return profile
  const { uefiSettings: _, ...rest } = profile!
  return rest
}

function currentSecurity(vm: Resource): Security {
  const { isTrustedLaunch, secureBoot, vTpm } = securityOf(vm)
  return {
    securityType: isTrustedLaunch ? 'TrustedLaunch' : 'Standard',
    secureBootEnabled: secureBoot,
    vTpmEnabled: vTpm,
  }
}

function requireSize(properties: JsonObject, { capacity }: Place): Size {
  const name = textAt(properties, 'hardwareProfile', 'vmSize') ?? ''
  const size = sizeNamed(name)
  if (size !== null) return size
  throw new ArmError(
    unknownSize(
      name,
      sizes.filter((each) => isToBeHad(each, capacity)),
    ),
  )
}

function adviceFor(
  size: Size,
  { osType, distribution }: MarketplaceImage,
  security: Security,
): Notice[] {
  return driverAdvice(size, { osType, distribution }, security)
}

function decisionOf(
  osType: 'Linux' | 'Windows',
  properties: JsonObject,
  { securityType, secureBootEnabled, vTpmEnabled }: Security,
  notices: readonly Notice[],
  restart: boolean,
): Decision {
  const { uefiSettings: _, ...others } = (at(properties, 'securityProfile') ?? {}) as JsonObject
  const isTrustedLaunch = securityType === 'TrustedLaunch'
  if (at(properties, 'additionalCapabilities', 'hibernationEnabled') === true)
    throw new ArmError(refusals.hibernation(osType, isTrustedLaunch))
  const uefi = isTrustedLaunch ? { uefiSettings: { secureBootEnabled, vTpmEnabled } } : {}
  return {
    isTrustedLaunch,
    properties: { securityProfile: { ...others, securityType, ...uefi } },
    notices,
    restart,
  }
}

function requireDecided<T extends object>(decided: T | { readonly fault: Fault }): T {
  if ('fault' in decided) throw new ArmError(decided.fault as Fault)
  return decided
}

function refuseIf(fault: Fault | null): void {
  if (fault !== null) throw new ArmError(fault)
}

import {
  boundsFrom,
  COMPONENT,
  PINNED_PCRS,
  type ReferenceBounds,
  type ReferenceFirmware,
  type ReferenceModule,
  type ReferencePcr,
  type ReferenceVariables,
  type ReferenceVariant,
} from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import type { RandomAccess } from '@trusted-launch/disk'
import {
  decodeVariableStore,
  parseSbat,
  secureBootState,
  VARIABLES,
  type VariableName,
  type VariableStore,
} from '@trusted-launch/uefi'
import { BootChainError } from './errors.ts'
import { modulesOfInitrd } from './initrd.ts'
import { type Measured, referencePcr, unorderedPcr } from './measure.ts'
import { applicationEvents, grubEvents, partitionEvents, separator } from './predict-boot.ts'
import { machineOwnerEvents, sbatLevelOf, secureBootEvents } from './predict-secure-boot.ts'
import { stubEvents, ukiCommandLine, ukiInitrd } from './uki.ts'
import { type BootChain, isFollowed, walk, walkBoots } from './walk.ts'

/** No variant's name is longer. */
const NAME_MAX = 256

/** All that is known before the first boot. */
export interface PredictInput {
  /** The pristine image's disk, never a VM's own. */
  readonly disk: RandomAccess
  /** The image's name and SHA-256, as they will stand in the reference values. */
  readonly image: { readonly name: string; readonly sha256: string }
  /** The variable store file written for the VM, before its first boot. */
  readonly variables: Uint8Array
  readonly banks: readonly HashName[]
  /** What was learnt of the firmware file; null: PCR 0 is not compared. */
  readonly firmware?: ReferenceFirmware | null
  /** Modules that the image's builder knows beside those of an initial RAM file system that can be read. */
  readonly modules?: readonly ReferenceModule[] | null
  /** Holds the Secure Boot variables to sets, so that a vendor's newer dbx is taken; else to exactly this store's. */
  readonly bounds?: boolean
}

/**
 * What a VM with this image and this variable store must measure, one variant: PCR 2-9 and 14 (a unified kernel
 * image: 2-7, 9 and 11) exactly, event by event and to the final value, in every bank, and nothing into the
 * others of PCR 8-15 but 10; PCR 0 by the firmware's events when they are known.
 * PCR 1 (the machine's device paths) and PCR 10 (IMA) are not pinned.
 *
 * It foretells OVMF, shim, GRUB (`linuxefi`, and `linux` with Secure Boot on) and systemd's stub with nobody at the keyboard and no
 * option ROM; it does not say that the firmware would allow the chain: see `report`.
 *
 * @throws {BootChainError} the chain cannot be foretold. @throws {MalformedError} it cannot be read.
 */
export function predict(input: PredictInput): ReferenceVariant {
  return variantOf(input, walk(input.disk))
}

/**
 * As `predict`; and where GRUB's configuration cannot be followed, with Secure Boot on, a variant for each kernel that it
 * may start: PCR 8 and 9 hold nothing but that kernel's command line, commands of the configuration and files of the
 * image, in whatever order; all else is exact. At least one.
 *
 * @throws {BootChainError} not that either. @throws {MalformedError} it cannot be read.
 */
export function predictBoots(input: PredictInput): readonly ReferenceVariant[] {
  const { enforced } = secureBootState(decodeVariableStore(input.variables))
  const chains = enforced ? walkBoots(input.disk) : [walk(input.disk)]
  return chains.map((chain) => {
    const variant = variantOf(input, chain)
    if (chain.kind === 'uki' || isFollowed(chain)) return variant
    return { ...variant, name: `${variant.name}, ${chain.kernel.path}`.slice(0, NAME_MAX) }
  })
}

function variantOf(input: PredictInput, chain: BootChain): ReferenceVariant {
  const store = decodeVariableStore(input.variables)
  const secureBoot = secureBootState(store).enforced
  if (chain.kind === 'shim' && chain.run.onlySecureBoot && !secureBoot)
    throw new BootChainError(
      'UNPREDICTABLE',
      'GRUB',
      'with Secure Boot off it loads modules, or starts the kernel by other means',
    )
  const { banks, firmware = null, modules = null } = input
  const { name, sha256 } = input.image
  return {
    name,
    // No more of it: whatever else a caller's image holds is no reference value.
    origins: [{ kind: 'image', name, sha256 }],
    approval: 'not-needed',
    banks,
    variables: variablesOf(store, secureBoot),
    bounds: input.bounds === true ? boundsOf(chain, store, secureBoot) : null,
    firmware,
    pcrs: pcrsOf(chain, store, secureBoot, banks),
    kernel: kernelOf(chain, modules),
  }
}

function pcrsOf(
  chain: BootChain,
  store: VariableStore,
  secureBoot: boolean,
  banks: readonly HashName[],
): Record<string, ReferencePcr> {
  const pcrs: Record<number, readonly Measured[]> = {
    2: [separator(COMPONENT.optionRom)],
    3: [separator(COMPONENT.optionRom)],
    4: applicationEvents(chain, secureBoot),
    5: partitionEvents(chain),
    6: [separator(COMPONENT.firmware)],
    7: secureBootEvents(chain, store, secureBoot),
    ...(chain.kind === 'shim'
      ? {
          8: grubEvents(chain.run, 8),
          9: grubEvents(chain.run, 9),
          14: machineOwnerEvents(chain, store),
        }
      : stubEvents(chain)),
  }
  const isOrdered = (pcr: number) => isFollowed(chain) || pcr < 8 || pcr > 9
  return Object.fromEntries(
    PINNED_PCRS.map((pcr) => {
      const make = isOrdered(pcr) ? referencePcr : unorderedPcr
      return [pcr, make(pcrs[pcr] ?? [], banks)]
    }),
  )
}

function kernelOf(
  chain: BootChain,
  told: readonly ReferenceModule[] | null,
): ReferenceVariant['kernel'] {
  const initrds =
    chain.kind === 'uki' ? [ukiInitrd(chain)] : chain.run.initrds.map(({ bytes }) => bytes)
  const lists = initrds.map((bytes) => (bytes === null ? null : modulesOfInitrd(bytes)))
  const read = lists.filter((list) => list !== null)
  const isKnown = told !== null || read.length === lists.length
  return {
    commandLine: chain.kind === 'uki' ? ukiCommandLine(chain) : chain.run.commandLine,
    modules: isKnown ? [...read.flat(), ...(told ?? [])] : null,
  }
}

function variablesOf(store: VariableStore, secureBoot: boolean): ReferenceVariables {
  const hashOf = (variable: VariableName) => {
    const found = store.get(variable)
    return found === null ? null : toHex(digest('sha256', found.data))
  }
  const { PK, KEK, db, dbx } = VARIABLES
  return { secureBoot, PK: hashOf(PK), KEK: hashOf(KEK), db: hashOf(db), dbx: hashOf(dbx) }
}

/** What the store holds and shim's level, as the least that must be. */
function boundsOf(
  chain: BootChain,
  store: VariableStore,
  secureBoot: boolean,
): ReferenceBounds | null {
  const levels =
    chain.kind === 'uki'
      ? null
      : parseSbat(sbatLevelOf(chain.loader.image, store, secureBoot)).map(
          ({ component, generation }) => [component, generation] as const,
        )
  return boundsFrom(
    (name) => store.get(VARIABLES[name])?.data ?? new Uint8Array(),
    levels === null ? null : Object.fromEntries(levels),
    null,
  )
}

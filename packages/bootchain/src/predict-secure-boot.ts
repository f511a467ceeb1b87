import { COMPONENT } from '@trusted-launch/attestation'
import { concat, encode } from '@trusted-launch/codec'
import {
  EFI_SIGNATURE_DATA,
  SBAT_LEVEL_RESET,
  SignatureDatabase,
  sbatLevelBytes,
  shimSbatLevel,
  shimVendor,
  signatureDatabaseOf,
  UEFI_VARIABLE_DATA,
  VARIABLES,
  type VariableName,
  type VariableStore,
  vendorDatabase,
  verifyImage,
} from '@trusted-launch/uefi'
import { BootChainError } from './errors.ts'
import { type Measured, measured } from './measure.ts'
import { separator } from './predict-boot.ts'
import type { BootChain } from './walk.ts'

/**
 * PCR 7: the Secure Boot variables, a separator, then every authority that let an image run: the
 * entry of db for the loader; shim's SBAT level (with Secure Boot off too); the vendor's certificate,
 * once, for GRUB and kernel.
 */
export function secureBootEvents(
  chain: BootChain,
  store: VariableStore,
  secureBoot: boolean,
): Measured[] {
  const { PK, KEK, db, dbx } = VARIABLES
  const value = (variable: VariableName) => store.get(variable)?.data ?? new Uint8Array(0)
  const configured = [PK, KEK, db, dbx].map((variable) =>
    variableEvent(COMPONENT.secureBootVariables, variable, value(variable)),
  )
  const on = Uint8Array.of(secureBoot ? 1 : 0)
  return [
    variableEvent(COMPONENT.secureBoot, VARIABLES.SecureBoot, on),
    ...configured,
    separator(COMPONENT.secureBoot),
    ...(secureBoot ? [loaderAuthority(chain, store)] : []),
    ...(chain.kind === 'shim' ? shimAuthorities(chain, store, secureBoot) : []),
  ]
}

/** PCR 14: what shim mirrors of the machine owner's keys, with its vendor's built in. */
export function machineOwnerEvents(
  chain: Extract<BootChain, { kind: 'shim' }>,
  store: VariableStore,
): Measured[] {
  const vendor = shimVendor(chain.loader.image)!
  const own = (variable: VariableName) => store.get(variable)?.data ?? new Uint8Array(0)
  const list = encode(SignatureDatabase, vendorDatabase(vendor))
  const { MokList, MokListX } = VARIABLES
  return [
    measured(COMPONENT.mok, 'MokList', concat(list, own(MokList))),
    measured(COMPONENT.mok, 'MokListX', concat(vendor.deauthorized, own(MokListX))),
    measured(COMPONENT.mok, 'MokListTrusted', Uint8Array.of(1)),
  ]
}

function loaderAuthority({ loader }: BootChain, store: VariableStore): Measured {
  const [db, dbx] = [VARIABLES.db, VARIABLES.dbx].map((v) => signatureDatabaseOf(store, v))
  const verdict = verifyImage(loader.image, { db: db!, dbx: dbx! })
  if (!verdict.allowed)
    throw new BootChainError('WOULD_NOT_BOOT', loader.path, `${verdict.reason}: ${verdict.detail}`)
  const { signatureOwner, signatureData } = verdict.entry
  const entry = encode(EFI_SIGNATURE_DATA, { signatureOwner, signatureData })
  return variableEvent(COMPONENT.secureBoot, VARIABLES.db, entry)
}

function shimAuthorities(
  { loader }: BootChain,
  store: VariableStore,
  secureBoot: boolean,
): Measured[] {
  const { SbatLevel, MokListRT } = VARIABLES
  const level = variableEvent(
    COMPONENT.shim,
    SbatLevel,
    sbatLevelOf(loader.image, store, secureBoot),
  )
  if (!secureBoot) return [level]
  const [vendor] = vendorDatabase(shimVendor(loader.image)!).flatMap(({ signatures }) => signatures)
  if (vendor === undefined)
    throw new BootChainError('UNPREDICTABLE', loader.path, 'a shim without a vendor certificate')
  return [level, variableEvent(COMPONENT.shim, MokListRT, encode(EFI_SIGNATURE_DATA, vendor))]
}

/** The SBAT level that shim measures. */
export function sbatLevelOf(
  image: BootChain['loader']['image'],
  store: VariableStore,
  secureBoot: boolean,
): Uint8Array {
  if (!secureBoot) return sbatLevelBytes(SBAT_LEVEL_RESET)
  const kept = store.get(VARIABLES.SbatLevel)
  if (kept !== null) return kept.data
  const level = shimSbatLevel(image)
  return sbatLevelBytes(level?.previous ?? SBAT_LEVEL_RESET)
}

/** The whole UEFI_VARIABLE_DATA is hashed. */
function variableEvent(
  component: string,
  { name, guid }: VariableName,
  data: Uint8Array,
): Measured {
  const value = { variableName: guid, unicodeName: name, variableData: data }
  return measured(component, name, encode(UEFI_VARIABLE_DATA, value))
}

import { ArmError, type Fault } from '@trusted-launch/api'
import { MalformedError } from '@trusted-launch/codec'
import { Certificate, CryptoError } from '@trusted-launch/crypto'
import { UefiError, VariableStore, withMachineOwnerKeys } from '@trusted-launch/uefi'
import { listIn } from '../links.ts'
import type { Json, JsonObject } from '../store.ts'
import { at, textAt } from './vm.ts'

/** The store that a certificate of `osProfile.secrets` is for: the list that shim trusts, and the kernel after it. */
export const MOK_STORE = 'MokList'
const DATA = /^data:application\/pkix-cert;base64,([A-Za-z0-9+/]{4,16384}={0,2})$/

/**
 * The machine owner's keys of a VM, in DER: `osProfile.secrets[].vaultCertificates[]` of the store `MokList`, each
 * as a data URL. Azure's clients carry it, and a certificate is no secret. docs/decisions/0019
 * @throws {ArmError} a certificate for another store, from elsewhere, or that is none; too many.
 */
export function machineOwnerKeysOf(properties: JsonObject): Uint8Array[] {
  const groups = listIn(at(properties, 'osProfile', 'secrets'))
  const given = groups.flatMap((group) => listIn(at(group, 'vaultCertificates')))
  const certificates = given.map(certificateIn)
  try {
    withMachineOwnerKeys(new VariableStore(), certificates)
  } catch (error) {
    if (!(error instanceof UefiError)) throw error
    throw new ArmError(invalid('certificateUrl', 'These certificates do not fit into MokList.'))
  }
  return certificates
}

function certificateIn(given: Json): Uint8Array {
  const store = textAt(given, 'certificateStore')
  if (store?.toLowerCase() !== MOK_STORE.toLowerCase())
    throw new ArmError(
      invalid('certificateStore', `Certificates are put into the store '${MOK_STORE}' only.`),
    )
  const [, base64] = DATA.exec(textAt(given, 'certificateUrl') ?? '') ?? []
  if (base64 === undefined)
    throw new ArmError(
      invalid(
        'certificateUrl',
        `Certificates come from no vault here: give one as 'data:application/pkix-cert;base64,…', in DER.`,
      ),
    )
  const der = Uint8Array.from(Buffer.from(base64, 'base64'))
  try {
    Certificate.decode(der)
    return der
  } catch (error) {
    if (!(error instanceof MalformedError) && !(error instanceof CryptoError)) throw error
    throw new ArmError(invalid('certificateUrl', 'This is no X.509 certificate in DER.'))
  }
}

function invalid(member: string, message: string): Fault {
  const target = `osProfile.secrets.vaultCertificates.${member}`
  return { status: 400, code: 'InvalidParameter', message, target }
}

import { encode } from '@trusted-launch/codec'
import { PublicKey } from '@trusted-launch/crypto'
import {
  AK_CERT_NV,
  AK_HANDLE,
  AK_RSA2048,
  CreatePrimary,
  EK_CERT_NV,
  EK_HANDLE,
  EK_RSA2048,
  EvictControl,
  encodePcrSelection,
  execute,
  FlushContext,
  GetCapability,
  NV_DefineSpace,
  NV_UndefineSpace,
  NV_Write,
  PCR_Allocate,
  ReadClock,
  Shutdown,
  Startup,
  TPM_ALG,
  TPM_CAP,
  TPM_PT,
  TPM_RH,
  TPM_SU,
  TPMA_NV,
  TPMT_PUBLIC,
  type Transport,
} from '@trusted-launch/tpm2'
import type { CertificateAuthority, TpmDescription } from '../certificate-authority.ts'
import type { VtpmIdentity } from '../vtpm-port.ts'
import { defineRollbackIndex, extendRollbackIndex } from './rollback-index.ts'

/** A TPM, fresh from provisioning. */
export interface Provisioned {
  readonly identity: VtpmIdentity
  readonly resetCount: number
  /** What the rollback index holds. */
  readonly value: Uint8Array
}

export interface ProvisionOptions {
  readonly vm: string
  readonly generation: number
  readonly retiredAkNames: readonly Uint8Array[]
  readonly banks: readonly ('sha256' | 'sha384')[]
  readonly authority: CertificateAuthority
  /** Milliseconds since 1970. */
  readonly time: number
  /** 32 random bytes: what the rollback index is first extended by. */
  readonly stamp: Uint8Array
}

const empty = new Uint8Array()
const NV_BUFFER_BYTES = 1024
/** Written by the platform, which no guest is; read by everybody. */
const CERTIFICATE_ATTRIBUTES =
  TPMA_NV.PPWRITE |
  TPMA_NV.PPREAD |
  TPMA_NV.OWNERREAD |
  TPMA_NV.AUTHREAD |
  TPMA_NV.NO_DA |
  TPMA_NV.PLATFORMCREATE
const ALL_PCRS = Array.from({ length: 24 }, (_, index) => index)
const BANK_ALGORITHMS = {
  sha1: TPM_ALG.SHA1,
  sha256: TPM_ALG.SHA256,
  sha384: TPM_ALG.SHA384,
  sha512: TPM_ALG.SHA512,
}

/**
 * Makes a blank TPM, just turned on, into a VM's: PCR banks (from its next start on), EK and AK at their
 * handles, their certificates, the rollback index. All authorizations stay empty: the TPM is the
 * guest's. Certificates are signed while the TPM makes the next key.
 * @throws {TpmError}
 */
export async function provision(tpm: Transport, options: ProvisionOptions): Promise<Provisioned> {
  const { vm, generation, authority, time } = options
  await execute(tpm, Startup, { startupType: TPM_SU.CLEAR })
  await allocateBanks(tpm, options.banks)
  const description = await describe(tpm)
  const ek = await createPrimary(tpm, EK_RSA2048)
  const ekIssued = authority.issueEk(spkiOf(ek.outPublic), description, time)
  ekIssued.catch(() => {})
  const ak = await createPrimary(tpm, AK_RSA2048)
  const akIssued = authority.issueAk(spkiOf(ak.outPublic), { vm, generation }, time)
  akIssued.catch(() => {})
  await keep(tpm, ek.objectHandle, EK_HANDLE)
  await keep(tpm, ak.objectHandle, AK_HANDLE)
  await defineRollbackIndex(tpm)
  const value = await extendRollbackIndex(tpm, options.stamp)
  const { currentTime } = await execute(tpm, ReadClock, {})
  const [ekCertificate, akCertificate] = await Promise.all([ekIssued, akIssued])
  await writeCertificate(tpm, EK_CERT_NV, ekCertificate)
  await writeCertificate(tpm, AK_CERT_NV, akCertificate)
  await execute(tpm, Shutdown, { shutdownType: TPM_SU.CLEAR })
  const identity: VtpmIdentity = {
    vm,
    generation,
    ekName: ek.name.slice(),
    ekPublic: encode(TPMT_PUBLIC, ek.outPublic),
    akName: ak.name.slice(),
    akPublic: encode(TPMT_PUBLIC, ak.outPublic),
    ekCertificate,
    akCertificate,
    retiredAkNames: options.retiredAkNames,
  }
  return { identity, resetCount: currentTime.clockInfo.resetCount, value }
}

/** Writes an AK certificate in the place of the former one. */
export async function replaceAkCertificate(tpm: Transport, certificate: Uint8Array): Promise<void> {
  await execute(tpm, NV_UndefineSpace, { authHandle: TPM_RH.PLATFORM, nvIndex: AK_CERT_NV })
  await writeCertificate(tpm, AK_CERT_NV, certificate)
}

/** SubjectPublicKeyInfo of an RSA key of a TPM. */
export function spkiOf(area: TPMT_PUBLIC): Uint8Array {
  if (area.type !== TPM_ALG.RSA) throw new RangeError(`a key of type ${area.type}`)
  return PublicKey.fromRsa(area.unique, area.parameters.exponent || 65537).spki
}

/** A primary key of the endorsement hierarchy, loaded. */
export function createPrimary(tpm: Transport, inPublic: TPMT_PUBLIC) {
  return execute(tpm, CreatePrimary, {
    primaryHandle: TPM_RH.ENDORSEMENT,
    inSensitive: { userAuth: empty, data: empty },
    inPublic,
    outsideInfo: empty,
    creationPCR: [],
  })
}

async function allocateBanks(tpm: Transport, banks: readonly string[]): Promise<void> {
  const pcrAllocation = Object.entries(BANK_ALGORITHMS).map(([name, hash]) =>
    encodePcrSelection(hash, banks.includes(name) ? ALL_PCRS : []),
  )
  const answer = await execute(tpm, PCR_Allocate, { authHandle: TPM_RH.PLATFORM, pcrAllocation })
  if (!answer.allocationSuccess) throw new Error(`the TPM has no room for banks ${banks.join()}`)
}

async function describe(tpm: Transport): Promise<TpmDescription> {
  const { capabilityData } = await execute(tpm, GetCapability, {
    capability: TPM_CAP.TPM_PROPERTIES,
    property: TPM_PT.FAMILY_INDICATOR,
    propertyCount: 32,
  })
  const properties = capabilityData.capability === TPM_CAP.TPM_PROPERTIES ? capabilityData.data : []
  const value = (wanted: number) => properties.find((p) => p.property === wanted)?.value ?? 0
  return {
    manufacturer: value(TPM_PT.MANUFACTURER),
    model: 'swtpm',
    firmwareVersion: value(TPM_PT.FIRMWARE_VERSION_1),
    revision: value(TPM_PT.REVISION),
  }
}

async function keep(tpm: Transport, objectHandle: number, persistentHandle: number): Promise<void> {
  await execute(tpm, EvictControl, { auth: TPM_RH.OWNER, objectHandle, persistentHandle })
  await execute(tpm, FlushContext, { flushHandle: objectHandle })
}

async function writeCertificate(tpm: Transport, nvIndex: number, der: Uint8Array): Promise<void> {
  const attributes = CERTIFICATE_ATTRIBUTES
  const publicInfo = { nvIndex, nameAlg: TPM_ALG.SHA256, attributes, authPolicy: empty }
  await execute(tpm, NV_DefineSpace, {
    authHandle: TPM_RH.PLATFORM,
    auth: empty,
    publicInfo: { ...publicInfo, dataSize: der.length },
  })
  for (let offset = 0; offset < der.length; offset += NV_BUFFER_BYTES) {
    const data = der.subarray(offset, offset + NV_BUFFER_BYTES)
    await execute(tpm, NV_Write, { authHandle: TPM_RH.PLATFORM, nvIndex, data, offset })
  }
}

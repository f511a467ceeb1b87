import { decode, equalBytes, toHex } from '@trusted-launch/codec'
import { Certificate } from '@trusted-launch/crypto'
import {
  EK_HANDLE,
  EK_RSA2048,
  execute,
  FlushContext,
  GetCapability,
  ReadClock,
  ReadPublic,
  Shutdown,
  Startup,
  TPM_CAP,
  TPM_SU,
  TPMT_PUBLIC,
  TpmError,
  type Transport,
} from '@trusted-launch/tpm2'
import type { CertificateAuthority } from '../certificate-authority.ts'
import type { VtpmIdentity } from '../vtpm-port.ts'
import { ControlError } from './control-channel.ts'
import { VtpmError } from './errors.ts'
import type { JournalEntry } from './journal.ts'
import { createPrimary, replaceAkCertificate, spkiOf } from './provision.ts'
import {
  continues,
  extendRollbackIndex,
  holdsRollbackIndex,
  readRollbackIndex,
} from './rollback-index.ts'
import type { TpmSession } from './swtpm.ts'

/**
 * What a start remarks, though it goes on.
 * - `vtpm.unclean-stop`: the last stop was not orderly; the index says that nothing is lost.
 * - `vtpm.same-session-state`: a state from earlier in the session that crashed. To be looked at.
 * - `vtpm.cleared`: the TPM's count of starts fell with the index intact: TPM2_Clear.
 * - `vtpm.endorsement-locked`: the guest took the endorsement hierarchy; the index alone identifies it.
 * - `vtpm.ak-certificate-renewed`
 */
export type VtpmNote =
  | 'vtpm.unclean-stop'
  | 'vtpm.same-session-state'
  | 'vtpm.cleared'
  | 'vtpm.endorsement-locked'
  | 'vtpm.ak-certificate-renewed'

export interface Checked {
  readonly identity: VtpmIdentity
  readonly notes: readonly VtpmNote[]
  readonly resetCount: number
  /** What the index held, and holds now. */
  readonly before: Uint8Array
  readonly value: Uint8Array
}

export interface CheckOptions {
  readonly vm: string
  readonly entry: JournalEntry
  /** Whether the state's SHA-256 is the journal's. */
  readonly known: boolean
  readonly authority: CertificateAuthority
  /** Milliseconds since 1970. */
  readonly time: number
  /** 32 random bytes: this start's. States of earlier sessions do not hold it. */
  readonly stamp: Uint8Array
}

/** The first persistent object, the first NV index. TPM 2.0 Part 2, 7.2. */
const PERSISTENT_FIRST = 0x8100_0000
const NV_FIRST = 0x0100_0000
const RENEW_BEFORE_MS = 30 * 86_400_000

/**
 * Looks at a copy of the state, and makes it ready for a start.
 *
 * This verifies that: the state opens with this VM's key · it was provisioned (the rollback index is
 * there) · its EK is the one on record · after an orderly stop it is the very state that was left ·
 * after any other stop its index continues the journal. It does not prove that the state is the
 * newest of a session that crashed: that is noted.
 *
 * @throws {VtpmError} `vtpm-foreign`, `vtpm-blank`, `vtpm-rolled-back`, `vtpm-key-refused`
 */
export async function check(tpm: TpmSession, options: CheckOptions): Promise<Checked> {
  const { vm, entry } = options
  await powerOn(tpm, options)
  const notes: VtpmNote[] = []
  if (!(await whetherIdentified(tpm, options))) notes.push('vtpm.endorsement-locked')
  const value = await readRollbackIndex(tpm)
  notes.push(...judgeIndex(value, options))
  const { currentTime } = await execute(tpm, ReadClock, {})
  const { resetCount } = currentTime.clockInfo
  if (resetCount <= entry.resetCount) notes.push('vtpm.cleared')
  const identity = await renewed(tpm, vm, entry.identity, options)
  if (identity !== entry.identity) notes.push('vtpm.ak-certificate-renewed')
  const next = await extendRollbackIndex(tpm, options.stamp)
  await execute(tpm, Shutdown, { shutdownType: TPM_SU.CLEAR })
  return { identity, notes, resetCount, before: value, value: next }
}

/** Whether a TPM, just turned on, was never provisioned by anyone: no key of its own kept, no index. */
export async function isBlank(tpm: Transport): Promise<boolean> {
  await execute(tpm, Startup, { startupType: TPM_SU.CLEAR })
  for (const property of [PERSISTENT_FIRST, NV_FIRST]) {
    const asked = { capability: TPM_CAP.HANDLES, property, propertyCount: 1 }
    const { capabilityData } = await execute(tpm, GetCapability, asked)
    if ((capabilityData.data as unknown[]).length > 0) return false
  }
  return true
}

async function powerOn(tpm: TpmSession, { vm, known }: CheckOptions): Promise<void> {
  try {
    await tpm.control.init()
  } catch (cause) {
    if (!(cause instanceof ControlError)) throw cause
    if (known) throw new VtpmError('vtpm-key-refused', vm, 'its key does not open it', { cause })
    throw new VtpmError('vtpm-foreign', vm, 'another VM’s state, or a damaged one', { cause })
  }
  await execute(tpm, Startup, { startupType: TPM_SU.CLEAR })
}

/** False when the EK cannot be made again; the index then says enough. */
async function whetherIdentified(tpm: Transport, options: CheckOptions): Promise<boolean> {
  const { vm, entry } = options
  const ekName = await nameOfEk(tpm, entry.identity.ekName)
  const isFormer = entry.former.some((name) => ekName !== null && equalBytes(name, ekName))
  if (isFormer) throw new VtpmError('vtpm-rolled-back', vm, 'the state of a former generation')
  if (!(await holdsRollbackIndex(tpm).catch(isUndefined))) {
    if (ekName !== null && !equalBytes(ekName, entry.identity.ekName))
      throw new VtpmError('vtpm-blank', vm, 'a state that was never provisioned')
    throw new VtpmError('vtpm-foreign', vm, 'its rollback index is not there')
  }
  if (ekName === null) return false
  if (!equalBytes(ekName, entry.identity.ekName))
    throw new VtpmError('vtpm-foreign', vm, `its EK is ${toHex(ekName)}, not the one on record`)
  return true
}

/** The EK at its handle if it is the expected one (a guest may put another there), else made anew. */
async function nameOfEk(tpm: Transport, expected: Uint8Array): Promise<Uint8Array | null> {
  try {
    const { name } = await execute(tpm, ReadPublic, { objectHandle: EK_HANDLE })
    if (equalBytes(name, expected)) return expected
  } catch (e) {
    if (!(e instanceof TpmError)) throw e
  }
  try {
    const { name, objectHandle } = await createPrimary(tpm, EK_RSA2048)
    await execute(tpm, FlushContext, { flushHandle: objectHandle })
    return name.slice()
  } catch (e) {
    if (e instanceof TpmError) return null
    throw e
  }
}

function isUndefined(e: unknown): false {
  if (e instanceof TpmError) return false
  throw e
}

function judgeIndex(value: Uint8Array, { vm, entry, known }: CheckOptions): VtpmNote[] {
  const { values, pending } = entry
  if (entry.state === 'stopped') {
    if (known) return []
    throw new VtpmError('vtpm-rolled-back', vm, 'not the state that was left at the last stop')
  }
  if (continues(values.at(-1)!, pending, value)) return known ? [] : ['vtpm.unclean-stop']
  if (values.some((each) => equalBytes(each, value)))
    return ['vtpm.unclean-stop', 'vtpm.same-session-state']
  throw new VtpmError('vtpm-rolled-back', vm, 'its rollback index does not continue the journal')
}

/** With a certificate that names the VM and does not run out soon. */
async function renewed(
  tpm: Transport,
  vm: string,
  identity: VtpmIdentity,
  { authority, time }: CheckOptions,
): Promise<VtpmIdentity> {
  const { notAfter } = Certificate.decode(identity.akCertificate)
  if (identity.vm === vm && time < notAfter - RENEW_BEFORE_MS) return identity
  const spki = spkiOf(decode(TPMT_PUBLIC, identity.akPublic))
  const { generation } = identity
  const akCertificate = await authority.issueAk(spki, { vm, generation }, time)
  await replaceAkCertificate(tpm, akCertificate)
  return { ...identity, vm, akCertificate }
}

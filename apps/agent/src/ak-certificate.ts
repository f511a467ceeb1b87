import { concat } from '@trusted-launch/codec'
import {
  AK_CERT_NV,
  execute,
  NV_Read,
  NV_ReadPublic,
  TpmError,
  type Transport,
} from '@trusted-launch/tpm2'

/** Less than any TPM's TPM_PT_NV_BUFFER_MAX. */
const READ_BYTES = 512

/**
 * The AK's certificate in DER out of NV, without what pads the index behind it; `null` when the
 * index is not there, or holds no DER.
 * @throws {TpmError} a TPM that fails for another reason than that.
 */
export async function readAkCertificate(tpm: Transport): Promise<Uint8Array | null> {
  const index = { authHandle: AK_CERT_NV, nvIndex: AK_CERT_NV }
  let bytes = new Uint8Array()
  try {
    const { nvPublic } = await execute(tpm, NV_ReadPublic, { nvIndex: AK_CERT_NV })
    while (bytes.length < nvPublic.dataSize) {
      const size = Math.min(READ_BYTES, nvPublic.dataSize - bytes.length)
      const { data } = await execute(tpm, NV_Read, { ...index, size, offset: bytes.length })
      if (data.length !== size) return null
      bytes = concat(bytes, data) as Uint8Array<ArrayBuffer>
    }
  } catch (e) {
    if (e instanceof TpmError) return null
    throw e
  }
  return sequenceOf(bytes)
}

/** A DER SEQUENCE with a length of two bytes, as every certificate of 256 to 65535 bytes has. */
function sequenceOf(bytes: Uint8Array): Uint8Array | null {
  const length = 4 + ((bytes[2] ?? 0) << 8) + (bytes[3] ?? 0)
  const whole = bytes[0] === 0x30 && bytes[1] === 0x82 && length <= bytes.length
  return whole ? bytes.subarray(0, length) : null
}

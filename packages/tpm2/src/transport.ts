/**
 * A way to a TPM: one command in, its one response out. A socket of swtpm, `/dev/tpmrm0`, a test.
 * Calls do not overlap: the next command waits for the last response.
 */
export interface Transport {
  /** @param command whole. Resolves with the response, whole, with no byte before or after it. */
  send(command: Uint8Array): Promise<Uint8Array>
}

/** Bytes of the longest response: MAX_RESPONSE_SIZE of libtpms and of the kernel. */
export const responseBytesMax = 4096

/**
 * How many bytes the response that begins with `received` will have, or null while its header is
 * not there yet: for transports that are streams. It is what the TPM says; hold it to
 * `responseBytesMax` before waiting for that many.
 */
export function responseSize(received: Uint8Array): number | null {
  if (received.length < 6) return null
  return new DataView(received.buffer, received.byteOffset, received.byteLength).getUint32(2)
}

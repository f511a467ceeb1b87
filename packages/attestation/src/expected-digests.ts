import { equalBytes, fromHex } from '@trusted-launch/codec'
import { once } from './frozen.ts'
import type { Digests, ReferenceVariant } from './reference-variant.ts'

/** Whether a digest of this bank is the expected one. */
export type IsExpected = (expected: Digests, bank: string, actual: Uint8Array) => boolean

/** The digests of a variant's events and registers as bytes, as logs have them: they serve many verdicts. */
export const expectedDigests = once((variant: ReferenceVariant): IsExpected => {
  const known = new Map<Digests, ReadonlyMap<string, Uint8Array>>()
  for (const { events, values } of Object.values(variant.pcrs))
    for (const digests of [values, ...(events ?? []).map((event) => event.digests)])
      if (digests !== null) known.set(digests, bytesOf(digests))
  return (expected, bank, actual) => {
    const bytes = known.get(expected)?.get(bank)
    return bytes !== undefined && equalBytes(bytes, actual)
  }
})

function bytesOf(digests: Digests): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(digests).map(([bank, hex]) => [bank, fromHex(hex)]))
}

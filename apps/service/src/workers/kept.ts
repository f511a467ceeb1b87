import { digestHex } from '@trusted-launch/crypto'

/** So many values are kept; the one unused for longest goes first. */
const KEPT_MAX = 32

/** What bytes are read as, read once while it is used: a fleet's verdicts are made with the same few. */
export function kept<T>(read: (...bytes: Uint8Array[]) => T): (bytes: readonly Uint8Array[]) => T {
  const known = new Map<string, T>()
  return (bytes) => {
    const name = bytes.map((one) => digestHex('sha256', one)).join()
    const value = known.has(name) ? known.get(name)! : read(...bytes)
    known.delete(name)
    known.set(name, value)
    if (known.size > KEPT_MAX) known.delete(known.keys().next().value!)
    return value
  }
}

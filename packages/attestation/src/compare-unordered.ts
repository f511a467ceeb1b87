import { fromLatin1, toHex } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import type { Pair } from './alignment.ts'
import { COMPONENT } from './component.ts'
import type { IsExpected } from './expected-digests.ts'
import { isPattern, matchesPattern } from './reference-pattern.ts'
import type { ReferenceEvent } from './reference-variant.ts'
import type { VerifiedEvent } from './verify-event-log.ts'

type Compared = Pair<ReferenceEvent, VerifiedEvent>

/** What a kernel is started with: one that is not measured at all was not used. */
const required: readonly string[] = [
  COMPONENT.kernelCommandLine,
  COMPONENT.kernel,
  COMPONENT.initrd,
]

/**
 * A register whose order is not known (`values` is null): each event is one of those expected, in whatever order and
 * however often, but for the kernel command line, which is measured exactly once. Kernel and initrd are measured at
 * least once. That all is as the configuration has it is not shown: commands may be left out, or come twice.
 */
export function compareUnordered(
  expected: readonly ReferenceEvent[],
  measured: readonly VerifiedEvent[],
  bank: HashName,
): Compared[] {
  const known = new Map(expected.map((event) => [event.digests[bank] ?? null, event]))
  const patterns = expected.filter(isPattern)
  const matchOf = (event: VerifiedEvent) =>
    known.get(toHex(event.digest)) ?? patterns.find((one) => isOfPattern(one, event)) ?? null
  const found = new Map<string, ReferenceEvent | null>()
  const seen = new Set<ReferenceEvent>()
  const pairs = measured.map((actual): Compared => {
    const key = `${toHex(actual.digest)} ${isLine(actual)}`
    const match = found.get(key) ?? matchOf(actual)
    found.set(key, match)
    const isAgain = match !== null && isOne(match) && seen.has(match)
    if (match === null || isAgain) return { expected: null, actual, same: false }
    seen.add(match)
    return { expected: match, actual, same: true }
  })
  const missing = expected.filter((one) => required.includes(one.component) && !seen.has(one))
  return missing.reduce(inPlaceOf, pairs)
}

/** What is missing is laid beside a command line that nothing expected, where it is one. */
function inPlaceOf(pairs: readonly Compared[], expected: ReferenceEvent): Compared[] {
  const isOther = ({ expected: one, actual }: Compared) =>
    one === null && actual !== null && isLine(actual)
  const at = isOne(expected) ? pairs.findIndex(isOther) : -1
  if (at < 0) return [...pairs, { expected, actual: null, same: false }]
  return pairs.with(at, { expected, actual: pairs[at]!.actual, same: false })
}

/** Whether such a pair holds in another bank too. */
export function holdsInBank(
  { expected, actual }: Compared,
  bank: HashName,
  isExpected: IsExpected,
): boolean {
  const measured = actual!.digests.get(bank)!
  if (!isPattern(expected!)) return isExpected(expected!.digests, bank, measured)
  const { data } = actual!.explanation
  const text = data.kind === 'ipl' ? data.text : ''
  return toHex(digest(bank, fromLatin1(text))) === toHex(measured)
}

function isOfPattern({ description }: ReferenceEvent, { explanation }: VerifiedEvent): boolean {
  if (!explanation.verified) return false
  const { data } = explanation
  return data.kind === 'ipl' && data.by === 'grub_cmd' && matchesPattern(description, data.text)
}

function isOne({ component }: ReferenceEvent): boolean {
  return component === COMPONENT.kernelCommandLine
}

function isLine({ explanation: { data } }: VerifiedEvent): boolean {
  return data.kind === 'ipl' && data.by === 'kernel_cmdline'
}

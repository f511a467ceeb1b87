/** One place in two sequences laid side by side: in both, in the first only, in the second only. */
export interface Pair<A, B> {
  readonly expected: A | null
  readonly actual: B | null
  /** In both, and the same. */
  readonly same: boolean
}

/** Three hundred commands of a boot loader beside as many others; each of many variants may take as much. */
const cellsMax = 100_000

type Test<A, B> = (a: A, b: B) => boolean

/**
 * Lays two sequences side by side by what is the same in both (longest common subsequence). What is
 * left between is paired in order where one may be the other changed (`alike`), and is else missing or
 * added. Above 100,000 cells only the common beginning and end are looked for.
 */
export function align<A, B>(
  expected: readonly A[],
  actual: readonly B[],
  same: Test<A, B>,
  alike: Test<A, B>,
): Pair<A, B>[] {
  let start = 0
  const shorter = Math.min(expected.length, actual.length)
  while (start < shorter && same(expected[start]!, actual[start]!)) start++
  let end = 0
  const last = <T>(list: readonly T[]) => list[list.length - 1 - end]!
  while (end < shorter - start && same(last(expected), last(actual))) end++
  if (start === expected.length && start === actual.length) return zip(expected, actual)
  const a = expected.slice(start, expected.length - end)
  const b = actual.slice(start, actual.length - end)
  // Between what is the same there is nothing more that is: else more would be the same.
  const changed = (c: readonly A[], d: readonly B[]) => byCommon(c, d, alike, false, apart)
  const middle = a.length * b.length > cellsMax ? apart(a, b) : byCommon(a, b, same, true, changed)
  return [
    ...zip(expected.slice(0, start), actual),
    ...middle,
    ...zip(expected.slice(expected.length - end), actual.slice(actual.length - end)),
  ]
}

function byCommon<A, B>(
  a: readonly A[],
  b: readonly B[],
  common: Test<A, B>,
  same: boolean,
  between: (a: readonly A[], b: readonly B[]) => Pair<A, B>[],
): Pair<A, B>[] {
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let k = b.length - 1; k >= 0; k--)
      lengths[i * width + k] = common(a[i]!, b[k]!)
        ? lengths[(i + 1) * width + k + 1]! + 1
        : Math.max(lengths[(i + 1) * width + k]!, lengths[i * width + k + 1]!)
  const pairs: Pair<A, B>[] = []
  let [i, k, fromA, fromB] = [0, 0, 0, 0]
  while (i < a.length && k < b.length) {
    if (common(a[i]!, b[k]!)) {
      pairs.push(...between(a.slice(fromA, i), b.slice(fromB, k)))
      pairs.push({ expected: a[i++]!, actual: b[k++]!, same })
      fromA = i
      fromB = k
    } else if (lengths[(i + 1) * width + k]! >= lengths[i * width + k + 1]!) i++
    else k++
  }
  return [...pairs, ...between(a.slice(fromA), b.slice(fromB))]
}

function apart<A, B>(a: readonly A[], b: readonly B[]): Pair<A, B>[] {
  return [
    ...a.map((expected) => ({ expected, actual: null, same: false })),
    ...b.map((actual) => ({ expected: null, actual, same: false })),
  ]
}

function zip<A, B>(a: readonly A[], b: readonly B[]): Pair<A, B>[] {
  return a.map((expected, i) => ({ expected, actual: b[i]!, same: true }))
}

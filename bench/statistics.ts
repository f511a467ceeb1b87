/** The value below which a share of the samples lies (nearest rank). @throws {RangeError} no samples. */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError('no samples')
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

/** Half of the samples lie below. */
export const median = (samples: readonly number[]) => percentile(samples, 0.5)

/** How long it takes, in milliseconds of the wall. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** Runs the works in turn, round after round, so that noise falls on all alike. Milliseconds of each. */
export async function interleaved(
  rounds: number,
  works: readonly ((round: number) => unknown)[],
): Promise<number[][]> {
  const times: number[][] = works.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (const [i, work] of works.entries()) times[i]!.push(await timed(() => work(round)))
  return times
}

// How Node runs `tl up`, which stays: sparing of memory (docs/benchmarks.md, api). Plain JavaScript, as tl.mjs is.

import { join } from 'node:path'

/**
 * A nursery of 2 MiB in place of 16: requests are short, so what they leave is collected as well, and 30 to 80 MiB are
 * never asked for. And types stripped once, so that what strips them is not loaded: 15 MiB, and as much in each thread.
 */
export const serviceFlags = [
  '--max-semi-space-size=2',
  '--disable-warning=ExperimentalWarning',
  `--import=${join(import.meta.dirname, 'stripped.mjs')}`,
]

/** One arena for malloc in place of eight a core: what threads freed is used again by others, 10 to 25 MiB. */
export const serviceEnvironment = { MALLOC_ARENA_MAX: '1' }

// How Node runs `tl up`, which stays: sparing of memory (docs/benchmarks.md, api). Plain JavaScript, as tl.mjs is.

/**
 * A nursery of 2 MiB in place of 16: requests are short, so what they leave is collected as well, and 30 to 80 MiB are
 * never asked for.
 */
export const serviceFlags = ['--max-semi-space-size=2']

/** One arena for malloc in place of eight a core: what threads freed is used again by others, 10 to 25 MiB. */
export const serviceEnvironment = { MALLOC_ARENA_MAX: '1' }

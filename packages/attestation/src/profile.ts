/** The profiles, the strictest first. */
export const PROFILES = ['strict', 'pc-client'] as const

/**
 * How a log is to be read. `strict`: of a VM on our own firmware, where every deviation is a fault.
 * `pc-client`: an imported log of anybody's firmware, where the deviations that `TOLERANCES` names
 * are told (low) and not refused. A tolerance never makes a claim true.
 */
export type Profile = (typeof PROFILES)[number]

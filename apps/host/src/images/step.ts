/** Runs a part of a build that takes seconds, and tells whoever waits: by its title, then its time. */
export type Step = <T>(title: string, work: () => Promise<T>) => Promise<T>

/** Tells nobody. */
export const silently: Step = (_, work) => work()

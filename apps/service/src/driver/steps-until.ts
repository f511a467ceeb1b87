/** Tells each step of a build, and begins none once the signal ended: what is half made goes with its folder. */
export function stepsUntil(signal: AbortSignal, tell: (step: string) => void) {
  return async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted()
    tell(title)
    return work()
  }
}

import { Cancelled, type Job } from './worker.ts'

const LOOK_MS = 1_000

/** Does something that tells its steps and may be cancelled at any time. @throws {Cancelled} */
export async function followed<T>(
  job: Job,
  work: (tell: (step: string) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const cancelled = new AbortController()
  const signal = AbortSignal.any([job.signal, cancelled.signal])
  const look = setInterval(() => {
    job.isCancelled().then(
      (is) => is && cancelled.abort(),
      () => {},
    )
  }, LOOK_MS)
  try {
    return await work((step) => void job.tell(20, step).catch(() => {}), signal)
  } catch (error) {
    if (cancelled.signal.aborted) throw new Cancelled()
    throw error
  } finally {
    clearInterval(look)
  }
}

/** Before what cannot be undone: a creation's first boot, the stop of a VM that is reimaged. @throws {Cancelled} */
export async function endIfCancelled(job: Job): Promise<void> {
  if (await job.isCancelled()) throw new Cancelled()
}

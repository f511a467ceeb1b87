import { type Handler, isOurs } from './worker.ts'

/** A handler whose failure its resource shows, instead of being for ever on its way. */
export function orFailed(work: Handler, now: () => number): Handler {
  return async (job) => {
    try {
      return await work(job)
    } catch (error) {
      const { resourceId, kind } = job.operation
      const ways = kind.endsWith('.delete') ? ['Deleting'] : ['Creating', 'Updating']
      if (!job.signal.aborted && !isOurs(error))
        await job.under(async ({ resources }) => {
          const found = await resources.get(resourceId)
          if (found !== null && ways.includes(found.provisioningState))
            await resources.update(resourceId, { provisioningState: 'Failed' }, now())
        })
      throw error
    }
  }
}

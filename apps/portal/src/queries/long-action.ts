import { useMutation, useQueryClient } from '@tanstack/react-query'
import { background, client } from '../api/client.ts'

/** Something to ask for that takes long. */
export interface LongAction {
  readonly method: 'PUT' | 'PATCH' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: Parameters<typeof client.ask>[2]
  /** Told as soon as the service took it, before anything is asked anew. */
  readonly accepted?: () => Promise<void>
}

/** What of pages is old when something was changed. */
const CHANGED = ['machine', 'fleet', 'list', 'resource', 'alert']

/** Asks for it and waits until it is over. It goes on without the page: `useUnderWay` finds it again. */
export function useLongAction() {
  const known = useQueryClient()
  const refresh = (keys: readonly string[]) =>
    Promise.all(keys.map((key) => known.invalidateQueries({ queryKey: [key] })))
  return useMutation({
    mutationFn: async ({ method, path, body, accepted }: LongAction) => {
      const { operationUrl } = await client.ask(method, path, body)
      await accepted?.()
      await refresh(['operations', ...CHANGED])
      if (operationUrl !== null) await background.wait(operationUrl)
    },
    onSettled: () => refresh(['operations', ...CHANGED]),
  })
}

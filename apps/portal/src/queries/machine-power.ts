import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { refreshLines } from './fleet.ts'

export type MachineVerb = 'start' | 'powerOff' | 'restart' | 'deallocate' | 'attest'

/** What was asked of how many, and of which it could not be. */
export interface Asked {
  readonly verb: MachineVerb
  readonly count: number
  readonly failures: readonly unknown[]
}

/** Asks many VMs at once; each is its own long action. */
export function useMachinePower() {
  const known = useQueryClient()
  const { id: subscription } = useSubscription()
  return useMutation({
    mutationFn: async ({ verb, ids }: { verb: MachineVerb; ids: readonly string[] }) => {
      const answers = await Promise.allSettled(ids.map((id) => client.ask('POST', urlOf(id, verb))))
      const failures = answers.filter(({ status }) => status === 'rejected')
      return { verb, count: ids.length - failures.length, failures } satisfies Asked
    },
    onSettled: (_, __, { ids }) => refreshLines(known, subscription, ids),
  })
}

function urlOf(id: string, verb: MachineVerb): string {
  return verb === 'attest' ? `${id}/providers/TrustedLaunch/evidence/attest` : `${id}/${verb}`
}

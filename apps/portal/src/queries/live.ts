import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { type LiveEvent, listen } from '../api/events.ts'
import { useSubscription } from '../session/subscription.tsx'

/** So many events make one question: a fleet that starts tells of thousands. */
const GATHERED_MS = 1_000

/** Keeps what pages show as it is now. @returns whether the service is heard. */
export function useLive(): boolean {
  const { id } = useSubscription()
  const known = useQueryClient()
  const [isHeard, setHeard] = useState(true)
  useEffect(() => {
    const ending = new AbortController()
    const gathered = gatherer((keys) => refresh(known, keys))
    void listen({
      scope: id,
      tell: (event) => gathered(keysOf(event)),
      connected: setHeard,
      signal: ending.signal,
    })
    return () => ending.abort()
  }, [id, known])
  return isHeard
}

/** The first words of the keys of what an event makes old. */
function keysOf({ kind, data }: LiveEvent): readonly string[] {
  if (kind === 'lost') return ['fleet', 'list', 'operations', 'hosts', 'machine', 'alert']
  // What ends a VM's operation, such as its verdict, is told of by its end alone.
  if (kind === 'operation') {
    const over = data.status === 'Accepted' ? [] : ['fleet']
    return ['operations', `machine ${data.resourceId?.toLowerCase()}`, ...over]
  }
  if (kind === 'vm') return ['fleet', `machine ${data.resourceId?.toLowerCase()}`, 'hosts']
  return ['list', 'fleet', `alert ${data.resourceId?.toLowerCase()}`]
}

async function refresh(known: QueryClient, keys: ReadonlySet<string>): Promise<void> {
  for (const key of keys) await known.invalidateQueries({ queryKey: key.split(' ') })
}

function gatherer(done: (keys: ReadonlySet<string>) => void): (keys: readonly string[]) => void {
  let waiting: Set<string> | null = null
  return (keys) => {
    if (waiting === null) {
      waiting = new Set()
      setTimeout(() => {
        const all = waiting!
        waiting = null
        done(all)
      }, GATHERED_MS)
    }
    for (const key of keys) waiting.add(key)
  }
}

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { type LiveEvent, listen } from '../api/events.ts'
import { useSubscription } from '../session/subscription.tsx'
import { refreshLines } from './fleet.ts'

/** So many events make one question: a fleet that starts tells of thousands. */
const GATHERED_MS = 1_000
/** The VM that an id is of, or of something in it. */
const MACHINE = /^.*?\/providers\/Microsoft\.Compute\/virtualMachines\/[^/]+/i
/** What has many VMs. */
const MANY = /\/resourceGroups\/[^/]+$|\/virtualMachineScaleSets\/[^/]+$/i

/** What an event makes old. */
interface Old {
  /** The first words of keys. */
  readonly keys: readonly string[]
  /** VMs, whose lines in lists are. */
  readonly machines: readonly string[]
}

/** Keeps what pages show as it is now. @returns whether the service is heard. */
export function useLive(): boolean {
  const { id } = useSubscription()
  const known = useQueryClient()
  const [isHeard, setHeard] = useState(true)
  useEffect(() => {
    const ending = new AbortController()
    const gathered = gatherer((old) => refresh(known, id, old))
    void listen({
      scope: id,
      tell: (event) => gathered(oldBy(event)),
      connected: setHeard,
      signal: ending.signal,
    })
    return () => ending.abort()
  }, [id, known])
  return isHeard
}

function oldBy({ kind, data }: LiveEvent): Old {
  const id = data.alert?.vm ?? data.resourceId ?? ''
  const machines = MACHINE.exec(id)?.slice(0, 1) ?? []
  if (kind === 'lost')
    return { keys: ['fleet', 'list', 'operations', 'hosts', 'machine', 'alert'], machines }
  const own = `machine ${id.toLowerCase()}`
  if (kind === 'vm') return { keys: [own, 'hosts'], machines }
  // What ends an operation, such as a VM's verdict, is told of by its end alone.
  if (kind === 'operation')
    return { keys: ['operations', own, ...(MANY.test(id) ? ['fleet'] : [])], machines }
  return { keys: ['list', `alert ${data.resourceId?.toLowerCase()}`], machines }
}

async function refresh(known: QueryClient, subscription: string, old: Old): Promise<void> {
  const asking = old.keys.map((key) => known.invalidateQueries({ queryKey: key.split(' ') }))
  if (old.machines.length > 0 && !old.keys.includes('fleet'))
    asking.push(refreshLines(known, subscription, old.machines))
  await Promise.all(asking)
}

/** What comes while something is asked for waits for its answer, which would never come otherwise. */
function gatherer(done: (old: Old) => Promise<void>): (old: Old) => void {
  const keys = new Set<string>()
  const machines = new Set<string>()
  let isGathering = false
  const gather = async () => {
    while (keys.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, GATHERED_MS))
      const old = { keys: [...keys], machines: [...machines] }
      keys.clear()
      machines.clear()
      await done(old)
    }
    isGathering = false
  }
  return (old) => {
    for (const key of old.keys) keys.add(key)
    for (const machine of old.machines) machines.add(machine)
    if (isGathering) return
    isGathering = true
    void gather()
  }
}

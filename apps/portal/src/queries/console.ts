import { useEffect, useState } from 'react'
import { type LinkState, stayAt, type Wanted } from '../api/console-link.ts'

export type { LinkState } from '../api/console-link.ts'

interface Asked extends Pick<Wanted, 'machine' | 'kind' | 'mayType'> {
  /** Null: what would show it is not there yet. It is opened anew with another one. */
  readonly use: Wanted['use'] | null
}

/** A console of a VM, open from the beginning until somebody ends it. */
export function useConsole({ machine, kind, mayType, use }: Asked) {
  const [state, tell] = useState<LinkState>({ is: 'connecting' })
  /** The tries that somebody asked for; null: none is wanted now. */
  const [wanted, want] = useState<number | null>(0)
  useEffect(() => {
    if (wanted === null || use === null) return
    const ending = new AbortController()
    void stayAt({ machine, kind, mayType, use, tell, signal: ending.signal })
    return () => ending.abort()
  }, [machine, kind, mayType, use, wanted])
  return {
    state,
    connect: () => want((wanted ?? 0) + 1),
    disconnect: () => {
      want(null)
      tell({ is: 'off' })
    },
  }
}

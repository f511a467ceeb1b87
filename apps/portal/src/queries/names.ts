import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { background } from '../api/client.ts'

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const ASKED_MAX = 200
const KEPT_MS = 300_000

/**
 * What people and programs are called, by object id or client id; what is neither, or nobody's, stays as it is.
 * @returns what to call one of them.
 */
export function useNames(ids: readonly (string | undefined)[]): (id: string) => string {
  const known = ids.flatMap((id) => (id !== undefined && GUID.test(id) ? [id.toLowerCase()] : []))
  const asked = [...new Set(known)].sort()
  const { data } = useQuery({
    queryKey: ['names', ...asked],
    queryFn: () => namesOf(asked),
    enabled: asked.length > 0,
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
  })
  return useCallback((id: string) => data?.get(id.toLowerCase()) ?? id, [data])
}

async function namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (let at = 0; at < ids.length; at += ASKED_MAX) {
    const some = ids.slice(at, at + ASKED_MAX)
    const path = '/providers/TrustedLaunch/principals/getByIds'
    const { body } = await background.ask('POST', path, { ids: some })
    for (const { id, displayName } of body!.value as { id: string; displayName: string }[])
      names.set(id.toLowerCase(), displayName)
  }
  return names
}

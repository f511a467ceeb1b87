import { useQuery } from '@tanstack/react-query'
import { loadSession } from '../session/session.ts'

/** Who is signed in; asked once, and again when the service says that it is over. */
export function useSession() {
  return useQuery({ queryKey: ['session'], queryFn: loadSession, staleTime: Infinity })
}

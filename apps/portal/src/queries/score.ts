import { useList } from './list.ts'

export interface SecureScore {
  readonly properties: {
    readonly displayName: string
    readonly score: { readonly current: number; readonly max: number; readonly percentage: number }
  }
}

export function useSecureScore() {
  return useList<SecureScore>('/providers/Microsoft.Security/secureScores')
}

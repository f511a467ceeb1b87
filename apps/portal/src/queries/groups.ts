import { useList } from './list.ts'

export interface Group {
  readonly id: string
  readonly name: string
}

/** The resource groups of the subscription. */
export function useGroups() {
  return useList<Group>('/resourceGroups')
}

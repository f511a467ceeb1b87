import { useNavigate, useSearch } from '@tanstack/react-router'

/** Which boot is looked at, as the address says it; none: the newest. */
export function useChosenBoot(): [string | undefined, (name: string | undefined) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const navigate = useNavigate()
  const { evidence, ...rest } = search
  const choose = (name: string | undefined) => {
    const next = name === undefined ? rest : { ...rest, evidence: name }
    void navigate({ to: '.', search: next as never })
  }
  return [typeof evidence === 'string' ? evidence : undefined, choose]
}

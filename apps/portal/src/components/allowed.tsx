import type { ReactNode } from 'react'
import { useMayYet } from '../queries/permissions.ts'
import { useTexts } from '../texts/texts.ts'
import { MayButton, type Needed } from './may-button.tsx'
import { Empty, Loading } from './states.tsx'

interface Given {
  readonly needs: Needed & { readonly scope: string }
  /** What it does as soon as it is there. */
  readonly verb: string
  readonly children: ReactNode
}

/** What asks for something by itself, once it is known that it may; who may not is told which right is missing. */
export function Allowed({ needs, verb, children }: Given) {
  const texts = useTexts()
  const may = useMayYet(needs.action, needs.scope)
  if (may === null) return <Loading />
  if (may) return children
  return (
    <Empty title={texts.notAllowed(needs.action)}>
      <MayButton needs={needs}>{verb}</MayButton>
    </Empty>
  )
}

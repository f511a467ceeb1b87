import { Button, type ButtonProps, Tooltip } from '@fluentui/react-components'
import { useMay } from '../queries/permissions.ts'
import { useTexts } from '../texts/texts.ts'

/** The right that something needs, and where; of several scopes, at one of them. */
export interface Needed {
  readonly action: string
  readonly scope: string | readonly string[]
}

type Given = Omit<ButtonProps, 'disabled' | 'disabledFocusable' | 'as'> & {
  readonly needs: Needed
  /** Why it cannot be done now; absent: it can. */
  readonly why?: string | undefined
  /** It is being done. */
  readonly isBusy?: boolean
}

/** A button for what needs a right. Where that is missing, or it cannot be done now, it can be reached and says why. */
export function MayButton({ needs, why: given, isBusy = false, ...button }: Given) {
  const why = useWhyNot(needs) ?? given
  const one = (
    <Button {...(button as ButtonProps)} disabledFocusable={why !== undefined || isBusy} />
  )
  if (why === undefined) return one
  return (
    <Tooltip content={why} relationship="description">
      {one}
    </Tooltip>
  )
}

/** Why who is signed in may not do it; undefined: they may. */
export function useWhyNot({ action, scope }: Needed): string | undefined {
  const texts = useTexts()
  return useMay(action, ...[scope].flat()) ? undefined : texts.notAllowed(action)
}

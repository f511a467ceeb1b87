import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { useTexts } from '../texts/texts.ts'
import { MayButton, type Needed } from './may-button.tsx'
import { Failed } from './states.tsx'

const useStyles = makeStyles({
  surface: { maxWidth: 'min(44rem, 95vw)' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
})

interface Given {
  readonly title: string
  /** What the button says that does it; absent: there is nothing to do but to close. */
  readonly verb?: string
  /** The right that doing it needs; absent: none. */
  readonly needs?: Needed
  readonly mayNot?: boolean
  /** Beside the buttons that are always there. */
  readonly actions?: ReactNode
  /** What the service answered; null: no fault. */
  readonly error?: unknown
  readonly onYes?: () => void
  readonly onNo: () => void
  readonly children: ReactNode
}

/** A few fields, and one thing to do with them; what is refused is told beside them. */
export function FormDialog(given: Given) {
  const { title, verb, needs, mayNot = false, actions, error = null, onYes, onNo, children } = given
  const texts = useTexts()
  const styles = useStyles()
  return (
    <Dialog open onOpenChange={(_, { open }) => open || onNo()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent className={styles.content}>
            {children}
            {error !== null && <Failed error={error} />}
          </DialogContent>
          <DialogActions fluid>
            <Button onClick={onNo}>{verb === undefined ? texts.close : texts.cancel}</Button>
            {actions}
            {verb !== undefined &&
              (needs === undefined ? (
                <Button appearance="primary" disabled={mayNot} onClick={onYes}>
                  {verb}
                </Button>
              ) : (
                <MayButton appearance="primary" needs={needs} isBusy={mayNot} onClick={onYes}>
                  {verb}
                </MayButton>
              ))}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

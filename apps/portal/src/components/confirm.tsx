import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Input,
} from '@fluentui/react-components'
import { useState } from 'react'
import { useTexts } from '../texts/texts.ts'

interface Given {
  readonly question: string
  readonly verb: string
  /** What must be typed first. */
  readonly name?: string
  readonly onYes: () => void
  readonly onNo: () => void
}

/** Asks before something that cannot be taken back, and names the thing. */
export function Confirm({ question, verb, name, onYes, onNo }: Given) {
  const texts = useTexts()
  const [typed, setTyped] = useState('')
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => open || onNo()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{verb}</DialogTitle>
          <DialogContent>
            <p>{question}</p>
            {name !== undefined && (
              <Input
                aria-label={question}
                value={typed}
                onChange={(_, { value }) => setTyped(value)}
              />
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onNo}>{texts.cancel}</Button>
            <Button
              appearance="primary"
              disabled={name !== undefined && typed !== name}
              onClick={onYes}
            >
              {verb}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

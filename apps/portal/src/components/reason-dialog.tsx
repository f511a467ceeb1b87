import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Textarea,
} from '@fluentui/react-components'
import { REASON_MAX } from '@trusted-launch/api'
import { useState } from 'react'
import { useTexts } from '../texts/texts.ts'

interface Given {
  readonly question: string
  readonly verb: string
  readonly onYes: (reason: string) => void
  readonly onNo: () => void
}

/** Asks why: the reason goes on record. */
export function ReasonDialog({ question, verb, onYes, onNo }: Given) {
  const texts = useTexts()
  const [reason, setReason] = useState('')
  return (
    <Dialog open onOpenChange={(_, { open }) => open || onNo()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{verb}</DialogTitle>
          <DialogContent>
            <p>{question}</p>
            <Field label={texts.security.reason} required>
              <Textarea
                value={reason}
                maxLength={REASON_MAX}
                onChange={(_, { value }) => setReason(value)}
              />
            </Field>
          </DialogContent>
          <DialogActions>
            <Button onClick={onNo}>{texts.cancel}</Button>
            <Button
              appearance="primary"
              disabled={reason.trim() === ''}
              onClick={() => onYes(reason)}
            >
              {verb}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

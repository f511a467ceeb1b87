import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Select,
  Textarea,
} from '@fluentui/react-components'
import { useState } from 'react'
import type { Machine } from '../../../queries/machine.ts'
import { useTexts } from '../../../texts/texts.ts'

const REASON_MAX = 1_000

interface Given {
  readonly verb: 'approve' | 'reject'
  readonly machine: Machine
  readonly isFirstBoot: boolean
  readonly onYes: (answer: {
    readonly reason: string
    readonly scope?: string
    readonly trustOnFirstUse?: boolean
  }) => void
  readonly onNo: () => void
}

/** For whom a difference of this VM may count; who may not approve for all of them is told so by the service. */
function scopesOf({ properties }: Machine): readonly string[] {
  const image = properties.storageProfile?.imageReference === undefined ? [] : ['image']
  const set = properties.virtualMachineScaleSet === undefined ? [] : ['set']
  return ['vm', ...image, ...set, 'subscription']
}

/** Asks why, and of an approval for whom: both go on record. */
export function DriftDialog({ verb, machine, isFirstBoot, onYes, onNo }: Given) {
  const texts = useTexts()
  const { boot } = texts
  const [reason, setReason] = useState('')
  const [scope, setScope] = useState('vm')
  const [isTrusted, trust] = useState(false)
  const isApproval = verb === 'approve'
  const mayNot = reason.trim() === '' || (isApproval && isFirstBoot && !isTrusted)
  const answer = {
    reason,
    ...(isApproval && { scope }),
    ...(isApproval && isFirstBoot && { trustOnFirstUse: true }),
  }
  return (
    <Dialog open onOpenChange={(_, { open }) => open || onNo()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{boot[verb]}</DialogTitle>
          <DialogContent>
            <p>{isApproval ? boot.approveAsk(machine.name) : boot.rejectAsk(machine.name)}</p>
            {isApproval && (
              <Field label={boot.scope}>
                <Select value={scope} onChange={(_, { value }) => setScope(value)}>
                  {scopesOf(machine).map((id) => (
                    <option key={id} value={id}>
                      {boot.scopes[id]}
                    </option>
                  ))}
                </Select>
              </Field>
            )}
            {isApproval && isFirstBoot && (
              <Checkbox
                label={boot.trust}
                checked={isTrusted}
                onChange={(_, { checked }) => trust(checked === true)}
              />
            )}
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
            <Button appearance="primary" disabled={mayNot} onClick={() => onYes(answer)}>
              {boot[verb]}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

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
import { DRIFT_REASON_MAX } from '@trusted-launch/api'
import { useState } from 'react'
import { MayButton } from '../../../components/may-button.tsx'
import type { Machine } from '../../../queries/machine.ts'
import { useSubscription } from '../../../session/subscription.tsx'
import { useTexts } from '../../../texts/texts.ts'

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

/** For whom a difference of this VM may count, and where the right to say so is needed. */
function scopesOf({ id, properties }: Machine, subscription: string): Map<string, string> {
  const { storageProfile, virtualMachineScaleSet: set } = properties
  const scopes = new Map([['vm', id]])
  if (storageProfile?.imageReference !== undefined) scopes.set('image', subscription)
  if (set !== undefined) scopes.set('set', set.id)
  return scopes.set('subscription', subscription)
}

/** Asks why, and of an approval for whom: both go on record. */
export function DriftDialog({ verb, machine, isFirstBoot, onYes, onNo }: Given) {
  const texts = useTexts()
  const { boot } = texts
  const [reason, setReason] = useState('')
  const [scope, setScope] = useState('vm')
  const [isTrusted, trust] = useState(false)
  const isApproval = verb === 'approve'
  const scopes = scopesOf(machine, useSubscription().id)
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
                  {[...scopes.keys()].map((id) => (
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
                maxLength={DRIFT_REASON_MAX}
                onChange={(_, { value }) => setReason(value)}
              />
            </Field>
          </DialogContent>
          <DialogActions>
            <Button onClick={onNo}>{texts.cancel}</Button>
            <MayButton
              appearance="primary"
              needs={{ action: `TrustedLaunch/drift/${verb}/action`, scope: scopes.get(scope)! }}
              isBusy={mayNot}
              onClick={() => onYes(answer)}
            >
              {boot[verb]}
            </MayButton>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

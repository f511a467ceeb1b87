import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Text,
} from '@fluentui/react-components'
import { useEffect } from 'react'
import { MayButton } from '../../components/may-button.tsx'
import { Failed, Loading } from '../../components/states.tsx'
import { type Assessment, useFix, useFixTold } from '../../queries/assessments.ts'
import { useTexts } from '../../texts/texts.ts'

const FIX = 'Microsoft.Security/assessments/fix/action'

/** What doing it would mean is asked first, and said. */
export function FixDialog({ of, onClose }: { of: Assessment; onClose: () => void }) {
  const texts = useTexts()
  const told = useFixTold()
  const fix = useFix()
  const { mutate } = told
  useEffect(() => mutate(of.id), [mutate, of.id])
  const machine = of.properties.resourceDetails.id.split('/').at(-1)!
  const { possible, why, effect, needs } = told.data ?? { possible: false }
  const error = told.error ?? fix.error
  return (
    <Dialog open onOpenChange={(_, { open }) => open || onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{of.properties.displayName}</DialogTitle>
          <DialogContent>
            {(told.isPending || told.isIdle) && <Loading />}
            {error !== null && <Failed error={error} />}
            {fix.isSuccess && <Text role="status">{texts.security.fixed}</Text>}
            {told.isSuccess && !fix.isSuccess && (
              <Text>
                {possible
                  ? texts.security.fixAsk(texts.security.effects[effect ?? 'none'] ?? '', machine)
                  : why}
              </Text>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{texts.close}</Button>
            <MayButton
              appearance="primary"
              needs={{ action: needs ?? FIX, scope: of.properties.resourceDetails.id }}
              isBusy={!possible || fix.isPending || fix.isSuccess}
              onClick={() => fix.mutate(of.id)}
            >
              {texts.security.fix}
            </MayButton>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
